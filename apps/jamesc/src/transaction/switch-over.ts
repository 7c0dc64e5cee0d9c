import { syncPath } from "@jamesd/disk";
import type { Transaction } from "@jamesd/protocol/device";
import { cleanUp } from "./cleanup.ts";
import type { DeviceParts } from "./device-parts.ts";
import { deviceError, naming } from "./disk/device-error.ts";
import { noteInstalled, renewMarks } from "./drift/note-installed.ts";
import { reclaim } from "./fetch/fetched.ts";
import type { Remote } from "./fetch/remote.ts";
import { giveUp } from "./give-up.ts";
import type { Committed } from "./journal/device-state.ts";
import { Journal } from "./journal/journal.ts";
import { ACROSS_BARRIER, journalFormat } from "./journal/journal-record.ts";
import { type Attempt, makeReport } from "./journal/report.ts";
import type { StateFile } from "./journal/state-file.ts";
import { makeRunner } from "./make-runner.ts";
import { keepStrangeAreas } from "./old-files.ts";
import type { Onlooker } from "./onlooker.ts";
import { handedOver } from "./own/self-test.ts";
import { OwnUpdate } from "./own-update.ts";
import type { Prepared } from "./prepare.ts";
import type { OpenAreas } from "./switch/area.ts";
import { makeAreas } from "./switch/make-areas.ts";
import { stage } from "./switch/stage.ts";

/** What may stop a switch, and who is told of it. */
export interface Turning extends Pick<Onlooker, "begun" | "committed"> {
  readonly signal: AbortSignal;
  /** Aborted also when the plan is not wanted any more: then it is left, when the device is untouched yet. */
  readonly until: AbortSignal;
}

/**
 * The second half of a transaction: stages, switches, confirms and commits what was prepared just now; or the device is as before.
 * @throws what left the device untouched, but for JamesError ROLLBACK_FAILED
 */
export async function switchOver(
  parts: DeviceParts,
  attempt: Attempt,
  prepared: Prepared,
  remote: Remote,
  turning: Turning,
): Promise<Transaction> {
  const own = OwnUpdate.of(parts, prepared.compiled.operations, remote.isOffline === true);
  const journal = Journal.create(parts.layout.journal);
  try {
    return await turnOver(parts, attempt, prepared, { ...turning, remote, journal, own });
  } finally {
    journal.close();
  }
}

interface Tools extends Turning {
  readonly remote: Remote;
  readonly journal: Journal;
  readonly own: OwnUpdate | undefined;
}

async function turnOver(
  parts: DeviceParts,
  attempt: Attempt,
  prepared: Prepared,
  { remote, journal, own, ...turning }: Tools,
): Promise<Transaction> {
  const { state } = parts;
  const { packets, noted, committed, proofs, isForced } = prepared;
  const { operations, finder } = prepared.compiled;
  const areas = await stageAll(parts, attempt, prepared, journal, own, turning);
  const staged = Date.now();
  const runner = makeRunner(parts, journal, packets, isForced);
  let report: Transaction | undefined;
  try {
    const failure = await runner.run(
      operations,
      areas,
      noted,
      {
        ...{ proofs, remote, signal: turning.signal },
        testProgram: own && (() => own.test(turning.signal)),
      },
      () => {
        report = makeReport(attempt, runner.scripts, undefined);
        if (own?.isTried) own.handOver(journal, report, committed);
        else commit(state, report, committed);
      },
    );
    if (own?.isTried && !failure) throw handedOver();
    if (failure || !report) report = giveUp(parts, makeReport(attempt, runner.scripts, failure));
  } finally {
    areas.close();
  }
  // Before what it left is cleared away: that may take as long as the switch.
  if (report.outcome === "committed") await turning.committed(report);
  cleanUp(parts, journal, { id: attempt.id, areas: finder.areas });
  // Last: by then what was put there did not change just now.
  if (report.outcome === "committed") noteChanged(parts, prepared, staged);
  return report;
}

function noteChanged(
  { layout, root, state }: DeviceParts,
  { coming, staying, mended }: Prepared,
  staged: number,
): void {
  const { ownerless } = state.saved;
  noteInstalled({ packets: coming, staying, staged, ownerless }, layout, root);
  renewMarks(mended, layout, root);
}

// A commit that failed may be on the disk all the same: what is undone now is to be seen there again.
function commit(state: StateFile, report: Transaction, committed: Committed): void {
  try {
    state.commit(report, committed);
  } catch (cause) {
    state.tryToSave();
    throw cause;
  }
}

// Until the journal says `begin`, a failure just discards.
async function stageAll(
  parts: DeviceParts,
  attempt: Attempt,
  { compiled, noted, writtenOut }: Prepared,
  journal: Journal,
  own: OwnUpdate | undefined,
  { until, begun: hasBegun }: Turning,
): Promise<OpenAreas> {
  const { layout, root, state } = parts;
  const { operations, finder } = compiled;
  const { id, target, revision, started, repair, reinstall } = attempt;
  const begun = { id, target, revision, started, areas: finder.areas };
  let areas: OpenAreas | undefined;
  try {
    journal.append({ record: "stage", format: journalFormat(operations), ...begun, repair, reinstall });
    keepStrangeAreas(finder.areas, parts);
    areas = makeAreas(finder.areas, layout, root);
    await stage(compiled, areas, layout, root, writtenOut);
    until.throwIfAborted();
    naming("make durable", layout.scripts, () => syncPath(layout.scripts));
    own?.begin();
  } catch (cause) {
    areas?.close();
    cleanUp(parts, journal, begun);
    reclaim(layout);
    throw cause;
  }
  // Nothing is heard between the last look at the signal and this.
  hasBegun();
  try {
    journal.append({ record: "begin", before: state.before, operations, ...noted });
    state.begin(begun);
    areas.onAcross(() =>
      journal.append({ record: "begin", before: state.before, operations: [ACROSS_BARRIER] }),
    );
    return areas;
  } catch (cause) {
    areas.close();
    // The record may be on the disk all the same: what it speaks of goes only when state.json says how it ended.
    giveUp(parts, makeReport(attempt, [], { error: deviceError(cause) }));
    cleanUp(parts, journal, begun);
    throw cause;
  }
}
