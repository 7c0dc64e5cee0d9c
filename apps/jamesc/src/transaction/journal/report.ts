import { clipError, type Digest, type JamesError, type Step } from "@jamesd/model";
import type { ScriptRun, Transaction } from "@jamesd/protocol/device";

/** One try to carry out a plan: what names the transaction. */
export interface Attempt {
  readonly id: string;
  readonly target: Digest;
  readonly revision: number;
  /** Milliseconds since the epoch, by the device's clock. */
  readonly started: number;
  /** 1 for the first try at this target. */
  readonly attempt: number;
  /** It is to put drift right. */
  readonly repair?: true | undefined;
  /** The wish that an app be installed again. */
  readonly reinstall?: string | undefined;
}

/** Why a transaction failed, and at which step when it was one. */
export interface Failure {
  readonly error: JamesError;
  readonly step?: Step;
}

/** Characters that the outputs of all scripts may have together: written as JSON they must fit into a check-in. */
const MOST_OUTPUT = 256 * 1024;

/** The transaction as the server is told of it. */
export function makeReport(
  { id, target, revision, started, attempt, repair, reinstall }: Attempt,
  scripts: readonly ScriptRun[],
  failure: Failure | undefined,
  outcome: Transaction["outcome"] = failure ? "rolled-back" : "committed",
): Transaction {
  return {
    id,
    target,
    revision,
    started,
    attempt,
    outcome,
    ...(repair && { repair }),
    ...(reinstall !== undefined && { reinstall }),
    durationMs: Math.max(0, Date.now() - started),
    scripts: scripts.map((run) => ({
      ...run,
      output: run.output.slice(-Math.floor(MOST_OUTPUT / scripts.length)),
    })),
    ...(failure && {
      error: { ...clipError(failure.error.toBody()), ...(failure.step && { step: failure.step }) },
    }),
  };
}
