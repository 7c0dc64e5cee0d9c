import { JamesError } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import { cleanUp } from "./cleanup.ts";
import type { DeviceParts } from "./device-parts.ts";
import { deviceError } from "./disk/device-error.ts";
import { endLeftScripts } from "./end-left-scripts.ts";
import { giveUp } from "./give-up.ts";
import { Journal } from "./journal/journal.ts";
import { begunOf, type JournalRecord, type StageRecord } from "./journal/journal-record.ts";
import { corrupt, type ParsedJournal } from "./journal/parse-journal.ts";
import { makeReport } from "./journal/report.ts";
import { judge, type Verdict } from "./journal/verdict.ts";
import { goOnWithout, lostReport } from "./lost.ts";
import { holdsOldFiles, keepStrangeAreas, OWN_AREA } from "./old-files.ts";
import { unfit } from "./own/self-test.ts";
import { endTrial } from "./own/trial.ts";
import { withDifferences } from "./plan/as-before.ts";
import { OpenAreas } from "./switch/area.ts";

/** Tries that ended in a crash, after which counterparts no longer run: they may be what crashes. */
const TRIES_WITH_SCRIPTS = 3;
/** Such tries after which only an operator starts another one. */
const MOST_TRIES = 10;

/** What was found, and what is to be done about it. */
interface Finding {
  readonly verdict: Verdict;
  readonly found: ParsedJournal | undefined;
}

/**
 * Looks at the journal: a transaction that was cut is undone, or cleaned up when it had ended. It may itself be cut, any
 * number of times. `retry` names the transaction that an operator wants tried again.
 * @returns the stuck transaction when undoing failed; undefined when the device is at the old or the new apps
 */
export async function recover(parts: DeviceParts, retry?: string): Promise<Transaction | undefined> {
  let finding: Finding;
  try {
    finding = look(parts);
  } catch (cause) {
    if (!(cause instanceof JamesError && cause.code === "JOURNAL_CORRUPT")) throw cause;
    const lost = lostReport(cause, parts);
    if (retry !== lost.id) return lost;
    goOnWithout(lost.id, parts);
    return undefined;
  }
  const { found } = finding;
  if (!found) {
    keepStrangeAreas([OWN_AREA], parts);
    endTrial(parts.layout);
    giveWay(true, parts);
    return undefined;
  }
  const journal = Journal.reopen(parts.layout.journal, found);
  try {
    return await end(finding.verdict, found.records, journal, parts, retry);
  } finally {
    // It is looked at again every minute, as long as something fails.
    journal.close();
    parts.root.forget();
  }
}

/** Undoes or cleans up what a journal tells of. @returns as `recover` */
async function end(
  verdict: Verdict,
  records: readonly JournalRecord[],
  journal: Journal,
  parts: DeviceParts,
  retry: string | undefined,
): Promise<Transaction | undefined> {
  const head = records.find((record) => record.record === "stage");
  const trial = await judgeTrial(verdict, records, parts);
  if (head && verdict === "undo" && trial !== "passed") {
    if (retry === head.id) journal.append({ record: "retry" });
    try {
      await undo(head, journal, records, retry === head.id ? 0 : crashes(records), parts, trial);
    } catch (cause) {
      const { rollbackFailed } = await import("./switch/runner.ts");
      const error = rollbackFailed("a transaction was interrupted", cause);
      return makeReport(attemptOf(head, parts), [], { error }, "stuck");
    }
  }
  if (!head) keepStrangeAreas([OWN_AREA], parts);
  cleanUp(parts, journal, head);
  giveWay(trial === "passed" || verdict === "clean up", parts);
  return undefined;
}

/**
 * Of a transaction that replaced the agent itself: has the new one prove itself, and commits; else why it is undone. What
 * has no server to prove itself by is proved by any start that comes as far as this, but one of the program of before.
 */
async function judgeTrial(
  verdict: Verdict,
  records: readonly JournalRecord[],
  { options: { own }, state }: DeviceParts,
): Promise<"passed" | JamesError | undefined> {
  const trial = records.find((record) => record.record === "trial");
  const isUndone = records.some(({ record }) => record === "rollback");
  if (!trial || verdict !== "undo" || isUndone) return undefined;
  const isOffline = trial.offline === true;
  if (isOffline ? own?.start === "old" : own?.start !== "trial")
    return unfit("it did not come up as the service, or was interrupted");
  try {
    if (own?.start === "trial") await own.prove(isOffline);
    state.commit(trial.report, trial.committed);
    return "passed";
  } catch (cause) {
    const error = deviceError(cause);
    return unfit(error.message, error);
  }
}

/** The program that runs now stays only when it is the one that is in its place. */
function giveWay(isNewOne: boolean, { options: { own } }: DeviceParts): void {
  if (own?.start === "old" || (own?.start === "trial" && !isNewOne)) own.replaced();
}

/** Reads the journal and judges. @throws JamesError JOURNAL_CORRUPT when files would be lost by going on */
function look(parts: DeviceParts): Finding {
  const { layout, state } = parts;
  const found = Journal.read(layout.journal);
  const verdict = judge(found?.records, state.saved);
  if (verdict === "lost")
    throw corrupt(
      layout.journal,
      found ? "says less than was written to it" : "is gone, and a transaction was under way",
    );
  const begins = found?.records.some(({ record }) => record === "begin") ?? false;
  const head = found?.records.find((record) => record.record === "stage");
  // The first jamesc did not write into state.json that it began.
  const mayHaveBegun = !begins && (head !== undefined || state.saved.begun === undefined);
  if (mayHaveBegun && (head?.areas ?? [OWN_AREA]).some((area) => holdsOldFiles(area, parts)))
    throw corrupt(
      layout.journal,
      found ? "says less than was written to it" : "is gone, and files were set aside",
    );
  return { verdict, found };
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
  parts: DeviceParts,
  reason: JamesError = interrupted(),
): Promise<void> {
  const { layout, root, store, options, state } = parts;
  if (tries >= MOST_TRIES) throw stopped(tries);
  options.log({ event: "recover", transaction: head.id, revision: head.revision, tries });
  const { makeRunner } = await import("./make-runner.ts");
  const runner = makeRunner(parts, journal, store.all(), false);
  const begin = records.find((record) => record.record === "begin");
  let areas: OpenAreas | undefined;
  let differing: readonly string[];
  // From here on a commit that state.json may speak of does not count.
  journal.append({ record: "rollback" });
  try {
    if (state.saved.ended?.id === head.id) state.begin(begunOf(head), begin?.before);
    await endLeftScripts(records, options.log);
    areas = OpenAreas.open(head.areas, layout, root);
    differing = await runner.rollBack(records, areas, {
      withScripts: tries < TRIES_WITH_SCRIPTS,
      noted: options.acceptRoot ? undefined : begin,
    });
  } catch (cause) {
    journal.tryToNote({ record: "stuck" });
    throw cause;
  } finally {
    areas?.close();
  }
  const failure = { error: withDifferences(reason, differing) };
  giveUp(parts, makeReport(attemptOf(head, parts), runner.scripts, failure), begin?.before);
}

function attemptOf(head: StageRecord, { state }: DeviceParts): StageRecord & { readonly attempt: number } {
  return { ...head, attempt: state.attemptsOf(head.target) + 1 };
}

function interrupted(): JamesError {
  return new JamesError(
    "TRANSACTION_INTERRUPTED",
    "jamesc or the device stopped in the middle; what was installed before was restored",
  );
}

function stopped(tries: number): JamesError {
  return new JamesError(
    "RECOVERY_STOPPED",
    `undoing a transaction was interrupted ${tries} times; the device is in between`,
    { hint: "See what stops jamesc on the device, then: jamesd-ctl retry --id DEVICE." },
  );
}
