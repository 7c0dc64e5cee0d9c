import { endsSoon, LOOK_AGAIN_MS } from "@jamesd/pki/credentials";
import type { Logger } from "pino";
import type { Part } from "../running/opened.ts";
import type { Certificates } from "./certificates.ts";
import { canRenew, type KnownDevice } from "./device.ts";
import type { Devices } from "./devices.ts";
import { lastCertificate } from "./last-certificate.ts";
import type { Presence } from "./presence.ts";

/** What is left of a certificate when it should have been renewed long ago: devices do so at two thirds, a tenth sooner or later. */
const LATE_PART = 0.15;
/** So many devices are named. */
const NAMED = 5;
/** At the start devices have to come first. */
const FIRST_LOOK_MS = 600_000;

/** True of a certificate that has ended or ends soon: within 30 days, or, where it is renewed by itself, later than it should have been. */
export function isLate(
  device: Pick<KnownDevice, "id" | "record">,
  presence: Presence,
  { areRenewed }: Pick<Certificates, "areRenewed">,
  now: number,
): boolean {
  const { certStarts: starts, certEnds: ends } = lastCertificate(device, presence);
  if (ends === null || !endsSoon(ends, now)) return false;
  return (
    starts === null || !areRenewed || !canRenew(device.record) || ends - now <= (ends - starts) * LATE_PART
  );
}

/** What certificates of devices are watched with. */
export interface CertificateWatchParts {
  readonly devices: Pick<Devices, "sketches">;
  readonly presence: Presence;
  readonly certificates: Pick<Certificates, "areRenewed">;
  readonly log: Pick<Logger, "warn">;
  readonly now: () => number;
}

/** Says once a day, in one line, which devices need another certificate. */
export class CertificateWatch implements Part {
  readonly #parts: CertificateWatchParts;
  readonly #first: NodeJS.Timeout;
  readonly #daily: NodeJS.Timeout;

  constructor(parts: CertificateWatchParts) {
    this.#parts = parts;
    this.#first = setTimeout(() => void this.look(), FIRST_LOOK_MS).unref();
    this.#daily = setInterval(() => void this.look(), LOOK_AGAIN_MS).unref();
  }

  /** Looks now. */
  async look(): Promise<void> {
    const { devices, presence, certificates, log, now } = this.#parts;
    const time = now();
    let late = 0;
    const ids: string[] = [];
    for await (const batch of devices.sketches())
      for (const device of batch)
        if (isLate(device, presence, certificates, time)) {
          late += 1;
          if (ids.length < NAMED) ids.push(device.id);
        }
    if (late === 0) return;
    const more = late > ids.length ? ` and ${late - ids.length} more` : "";
    log.warn(
      { devices: late, ids },
      `the certificates of devices have ended or end soon: ${ids.join(", ")}${more}; see jamesd-ctl list-systems --expires-before 30d`,
    );
  }

  close(): void {
    clearTimeout(this.#first);
    clearInterval(this.#daily);
  }
}
