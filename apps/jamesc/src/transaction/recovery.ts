import { JamesError } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol";
import { OpenAreas } from "./area.ts";
import { cleanUp } from "./cleanup.ts";
import type { Context } from "./context.ts";
import { endSession } from "./end-session.ts";
import { giveUp } from "./give-up.ts";
import { Journal, type JournalRecord, type StageRecord } from "./journal.ts";
import { makeRunner } from "./make-runner.ts";
import { makeReport } from "./report.ts";
import { rollbackFailed } from "./runner.ts";
import { isRunning } from "./script-process.ts";

/** Tries that ended in a crash, after which counterparts no longer run: they may be what crashes. */
const TRIES_WITH_SCRIPTS = 3;
/** Such tries after which only an operator starts another one. */
const MOST_TRIES = 10;

/**
 * Looks at the journal: a transaction that was cut is undone, or cleaned up when it had ended. It may itself be cut, any
 * number of times. `retry` names the transaction that an operator wants tried again.
 * @returns the stuck transaction when undoing failed; undefined when the device is at the old or the new apps
 */
export async function recover(context: Context, retry?: string): Promise<Transaction | undefined> {
  const found = Journal.reopen(context.layout.journal);
  if (!found) return undefined;
  const { journal, records } = found;
  const head = records.find((record) => record.record === "stage");
  if (head && mustUndo(head.id, records, context)) {
    if (retry === head.id) journal.append({ record: "retry" });
    try {
      await undo(head, journal, records, retry === head.id ? 0 : crashes(records), context);
    } catch (cause) {
      journal.close();
      const error = rollbackFailed("a transaction was interrupted", cause);
      return makeReport(attemptOf(head, context), [], { error }, "stuck");
    }
  }
  cleanUp(context, journal, head?.areas ?? []);
  return undefined;
}

// Before `begin` nothing was changed; after it, state.json says whether the transaction ended, unless it was being
// undone, perhaps after a commit whose durability was in doubt.
function mustUndo(id: string, records: readonly JournalRecord[], { state }: Context): boolean {
  const says = (kind: JournalRecord["record"]): boolean => records.some(({ record }) => record === kind);
  if (!says("begin")) return false;
  const { ended } = state.saved;
  const outcome = ended?.id === id ? ended.outcome : undefined;
  return outcome === undefined || (outcome === "committed" && says("rollback"));
}

/** Tries at undoing, since the last `retry`, that the process did not survive. */
function crashes(records: readonly JournalRecord[]): number {
  const kinds = records.map(({ record }) => record);
  const since = kinds.slice(kinds.lastIndexOf("retry") + 1);
  const count = (kind: string): number => since.filter((one) => one === kind).length;
  return count("rollback") - count("stuck");
}

async function undo(
  head: StageRecord,
  journal: Journal,
  records: readonly JournalRecord[],
  tries: number,
  context: Context,
): Promise<void> {
  const { layout, root, packets, options } = context;
  if (tries >= MOST_TRIES) throw stopped(tries);
  options.log({ event: "recover", transaction: head.id, revision: head.revision, tries });
  const runner = makeRunner(context, journal, packets.all());
  let areas: OpenAreas | undefined;
  // From here on a commit that state.json may speak of does not count.
  journal.append({ record: "rollback" });
  try {
    await endScripts(records, context);
    areas = OpenAreas.open(head.areas, layout, root);
    await runner.rollBack(records, areas, { withScripts: tries < TRIES_WITH_SCRIPTS });
  } catch (cause) {
    journal.noteStuck();
    throw cause;
  } finally {
    areas?.close();
  }
  const begin = records.find((record) => record.record === "begin");
  const error = new JamesError(
    "TRANSACTION_INTERRUPTED",
    "jamesc or the device stopped in the middle; what was installed before was restored",
  );
  giveUp(context, makeReport(attemptOf(head, context), runner.scripts, { error }), begin?.before);
}

/**
 * An agent that was killed left the script that it waited for running, and that must not work on beside its own undo. What
 * a script that had ended left behind stays, as after any script.
 */
async function endScripts(records: readonly JournalRecord[], { options }: Context): Promise<void> {
  for (const record of records) {
    if (record.record !== "process" || !isRunning(record)) continue;
    options.log({ event: "end script", process: record.pid });
    await endSession(record.pid);
  }
}

function attemptOf(head: StageRecord, { state }: Context): StageRecord & { readonly attempt: number } {
  return { ...head, attempt: state.attemptsOf(head.target) + 1 };
}

function stopped(tries: number): JamesError {
  return new JamesError(
    "RECOVERY_STOPPED",
    `undoing a transaction was interrupted ${tries} times; the device is in between`,
    { hint: "See what stops jamesc on the device, then: jamesd-ctl retry --id DEVICE." },
  );
}
