import { rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { writeDurably } from "@jamesd/disk";
import type { App } from "@jamesd/model";
import type { PlanMessage } from "@jamesd/protocol/device";
import { readAgentFile } from "../disk/agent-file.ts";
import { deviceError, naming } from "../disk/device-error.ts";
import type { TransactionEvent } from "../event.ts";

/** A plan that is prepared and may not be begun yet, for people on the device. Format 1 of `waits.json`. */
export interface Waits {
  readonly format: 1;
  readonly revision: number;
  readonly why: string;
  /** When the device may change, as far as it is known: milliseconds since the epoch, by the device's clock. */
  readonly until?: number | undefined;
  /** Since when it waits for that: the same. */
  readonly since: number;
  /** What will be installed. */
  readonly apps: readonly App[];
}

interface Reason {
  readonly why: string;
  readonly until?: number | undefined;
}

interface Said extends Reason {
  readonly revision: number;
}

/**
 * `waits.json`: what a device waits with. It is there from when a plan may not be begun until one is, or the server says
 * that it is not wanted. Nothing depends on it but what people on the device are told.
 */
export class WaitsFile {
  readonly #path: string;
  readonly #isHere: () => boolean;
  readonly #log: (event: TransactionEvent) => void;
  /** Revision and reason that it says; undefined: nothing waits. */
  #said: Said | undefined;

  /** What a process of before left waits still. @param isHere false: what stands in the place of the state directory is not written to @param log told what cannot be written; then nothing is said to wait */
  constructor(path: string, isHere: () => boolean, log: (event: TransactionEvent) => void) {
    this.#path = path;
    this.#isHere = isHere;
    this.#log = log;
    const before = readWaits(path);
    this.#said = before && saidOf(before.revision, before);
  }

  /** A plan may not be begun, as it was asked at `now`. What is known is not written again. */
  note({ revision, apps }: Pick<PlanMessage, "revision" | "apps">, reason: Reason, now: number): void {
    const said = saidOf(revision, reason);
    if (isDeepStrictEqual(said, this.#said)) return;
    this.forget();
    const { why, until } = reason;
    const waits: Waits = {
      ...{ format: 1, revision, why, since: now },
      ...(until !== undefined && { until }),
      apps: apps.map(({ name, tags }) => ({ name, tags })),
    };
    this.#change(said, () => writeDurably(this.#path, `${JSON.stringify(waits)}\n`));
  }

  /** A plan of this revision is wanted: what waits is that, or nothing. */
  forgetOther(revision: number): void {
    if (this.#said?.revision !== revision) this.forget();
  }

  /** Nothing waits. */
  forget(): void {
    if (this.#said !== undefined) this.#change(undefined, () => rmSync(this.#path, { force: true }));
  }

  #change(said: Said | undefined, change: () => void): void {
    if (!this.#isHere()) return;
    try {
      naming("write", this.#path, change);
      this.#said = said;
    } catch (cause) {
      this.#log({ event: "what waits is not written", error: deviceError(cause).toBody() });
    }
  }
}

function saidOf(revision: number, { why, until }: Reason): Said {
  return { revision, why, until };
}

/** What the device at hand waits with; undefined: nothing, or the file is damaged or of a later format. */
export function readWaits(path: string): Waits | undefined {
  try {
    const waits = JSON.parse(readAgentFile(path).toString()) as Waits;
    return isWaits(waits) ? waits : undefined;
  } catch {
    return undefined;
  }
}

function isWaits({ format, revision, why, until, since, apps }: Waits): boolean {
  const areTimes = [revision, since, until ?? 0].every((one) => Number.isSafeInteger(one));
  const areApps =
    Array.isArray(apps) && apps.every(({ name, tags }) => typeof name === "string" && Array.isArray(tags));
  return format === 1 && typeof why === "string" && areTimes && areApps;
}
