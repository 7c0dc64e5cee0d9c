import type { Transaction } from "@jamesd/protocol/device";
import type { DeviceParts } from "./device-parts.ts";
import { naming } from "./disk/device-error.ts";
import type { Committed } from "./journal/device-state.ts";
import type { Journal } from "./journal/journal.ts";
import type { Operation } from "./journal/operation.ts";
import { isReplaced, isTakenAway, type OwnProgram } from "./own/own-program.ts";
import { takenAway, testNewProgram } from "./own/self-test.ts";
import { readService } from "./own/service-program.ts";
import { beginTrial, markSwitched } from "./own/trial.ts";

/** What a start takes besides its proof, on a slow device. */
const START_SECONDS = 30;

/** A transaction that replaces the agent's own program. */
export class OwnUpdate {
  readonly #own: OwnProgram;
  readonly #parts: DeviceParts;
  readonly #isOffline: boolean;

  /** @param own the program that is replaced, whose start decides where there is a launcher */
  private constructor(own: OwnProgram, parts: DeviceParts, isOffline: boolean) {
    this.#own = own;
    this.#parts = parts;
    this.#isOffline = isOffline;
  }

  /**
   * Undefined when the operations leave the agent's program as it is. Offline, as with `jamesc apply`, it is that of the
   * service, where one is known, which has the last word when it is started again.
   * @throws JamesError AGENT_UNFIT when they take it away: nobody would be there any more to hear of anything
   */
  static of(parts: DeviceParts, operations: readonly Operation[], isOffline: boolean): OwnUpdate | undefined {
    const own = ownOrService(parts, isOffline);
    if (!own || !isReplaced(own, operations, parts.root)) return undefined;
    if (isTakenAway(own, operations, parts.root)) throw takenAway();
    return new OwnUpdate(own, parts, isOffline);
  }

  /** Whether there is a launcher, so that the new program is tried as the service before anything is committed. */
  get isTried(): boolean {
    return this.#own.start !== "plain";
  }

  /** Before anything changes: from here on the launcher starts the program of before. @throws JamesError */
  begin(): void {
    const { layout, options } = this.#parts;
    if (this.isTried)
      beginTrial(layout, this.#own, Math.ceil(options.healthcheckTimeoutMs / 1000) + START_SECONDS);
  }

  /**
   * Sees that the new program works; offline, without the server. By the settings of this process: those of the service may
   * be in an environment that only its start has. @throws JamesError AGENT_UNFIT
   */
  test(signal: AbortSignal): Promise<void> {
    const { log, healthcheckTimeoutMs, own = this.#own } = this.#parts.options;
    const command = [...wordsOf(this.#own).program, ...wordsOf(own).settings];
    const event = "test the new jamesc";
    const isOffline = this.#isOffline;
    const waitsFor = isOffline ? "its start" : "its start and the server";
    log({ event, waitsFor, seconds: healthcheckTimeoutMs / 1000 });
    const says = (line: string): void => log({ event, says: line });
    return testNewProgram(command, { isOffline, limitMs: healthcheckTimeoutMs, says }, signal);
  }

  /** The new program commits the transaction when it has proved itself, or the old one undoes it. */
  handOver(journal: Journal, report: Transaction, committed: Committed): void {
    const { layout } = this.#parts;
    journal.append({ record: "trial", report, committed, offline: this.#isOffline || undefined });
    naming("write in", layout.trial, () => markSwitched(layout));
  }
}

function ownOrService({ layout, options: { own } }: DeviceParts, isOffline: boolean): OwnProgram | undefined {
  const service = own?.start === "plain" && isOffline ? readService(layout) : undefined;
  return own && service ? { ...own, ...service, start: "launched" } : own;
}

/** What starts a program, and the settings behind it. */
function wordsOf({
  command,
  files,
}: OwnProgram): Readonly<Record<"program" | "settings", readonly string[]>> {
  const end = command.indexOf(files.at(-1) ?? "") + 1;
  return { program: command.slice(0, end), settings: command.slice(end) };
}
