import { randomUUID } from "node:crypto";
import { syncPath } from "@jamesd/disk";
import {
  formatUnknown,
  type JamesError,
  type Packet,
  type Plan,
  packetContents,
  parseApps,
} from "@jamesd/model";
import { type AnyPlan, isKnownPlan, type PlanMessage, type Transaction } from "@jamesd/protocol";
import { cleanUp } from "./cleanup.ts";
import type { Context } from "./context.ts";
import { deviceError, named } from "./disk/device-error.ts";
import { fetchBlobs, type Make } from "./fetch/fetch.ts";
import type { HeldDelta } from "./fetch/fetch-delta.ts";
import { fetchDeltas, takeDeltas } from "./fetch/fetch-deltas.ts";
import { takeWholeBundles } from "./fetch/fetch-whole-bundles.ts";
import { keepFetched, reclaim } from "./fetch/fetched.ts";
import { localCopies } from "./fetch/local-copies.ts";
import type { Remote } from "./fetch/remote.ts";
import { giveUp } from "./give-up.ts";
import { checkRoot, describeRoot, type InstallRoot } from "./journal/install-root.ts";
import { Journal } from "./journal/journal.ts";
import { JOURNAL_FORMAT } from "./journal/journal-record.ts";
import { type Identity, makeReport } from "./journal/report.ts";
import type { Committed, StateFile } from "./journal/state-file.ts";
import { makeRunner } from "./make-runner.ts";
import { keepStrangeAreas } from "./old-files.ts";
import { checkMounted } from "./plan/app-mounts.ts";
import { packetLookup } from "./plan/compile.ts";
import { noteMarks } from "./plan/marks.ts";
import { OwnFiles } from "./plan/own-files.ts";
import { placeAll } from "./plan/places.ts";
import { checkPlan, compilePlan, type Prepared } from "./plan/prepare.ts";
import { findUnchanged, type Unchanged } from "./plan/unchanged.ts";
import { OpenAreas } from "./switch/area.ts";
import { proofsOf } from "./switch/confirm.ts";
import type { Confirmation } from "./switch/runner.ts";
import { stage } from "./switch/stage.ts";
import type { Noted } from "./switch/where.ts";

/** Of what is left on the device so many paths are logged. */
const MOST_PATHS_LOGGED = 20;

/**
 * Carries out a plan on a device that no transaction is under way on: fetch, stage, switch, confirm, commit; or as before.
 * @throws as `Device.carryOut`
 */
export async function transact(
  context: Context,
  message: AnyPlan,
  remote: Remote,
  signal: AbortSignal,
): Promise<Transaction> {
  const { state, root } = context;
  const identity: Identity = {
    id: randomUUID(),
    target: message.target,
    revision: message.revision,
    started: Date.now(),
    attempt: state.attemptsOf(message.target) + 1,
  };
  try {
    if (!isKnownPlan(message)) throw formatUnknown("plan", message.format);
    // Before anything is fetched for it: scripts and people are told of these words.
    parseApps(message.apps);
    const deltas = await fetchDeltas(context, message.apps, remote, signal);
    const packets = await fetchPackets(context, message, remote, signal);
    const plan = checkPlan(message, state.saved.apps, packets);
    const installRoot = checkGround(context, plan);
    const placed = placeAll(plan, { ...state.saved, packets }, root);
    const unchanged = await findUnchanged({ ...placed, plan, root, policy: message.policy }, signal);
    const isUnchanged = { has: (path: string) => unchanged.has(placed.comingPlace(path)) };
    await fetchContents(context, packets, isUnchanged, deltas, remote, signal);
    const proofs = proofsOf(plan.steps, packetLookup(packets), message.policy);
    const prepared = prepare(context, plan, packets, unchanged, message);
    const committed = {
      apps: plan.apps,
      directories: prepared.compiled.directories,
      conffiles: prepared.kept,
      mounts: prepared.mounts,
      seal: message.seal ?? null,
    };
    const confirmation = { proofs, remote, signal };
    const noted = { root: installRoot, mounts: prepared.finder.mounts };
    return await switchOver(context, { identity, packets, prepared, noted, committed }, confirmation);
  } catch (cause) {
    const { ended, report } = state.saved;
    // It had ended, and only clearing away failed: that is done before the next one.
    if (ended?.id === identity.id && report) return report;
    const error = deviceError(cause);
    if (error.code === "ROLLBACK_FAILED") return makeReport(identity, [], { error }, "stuck");
    if (signal.aborted || error.class === "unavailable") throw cause;
    return giveUpOrHold(context, identity, error);
  } finally {
    // A directory kept open would keep its file system from being unmounted.
    root.forget();
  }
}

// Where the failure cannot be written, the server is told of it all the same.
function giveUpOrHold(context: Context, identity: Identity, error: JamesError): Transaction {
  const { state, options } = context;
  const report = makeReport(identity, [], { error });
  const hasBegun = state.saved.begun?.id === identity.id;
  try {
    if (hasBegun) return giveUp(context, report);
    // Nothing was changed: for the note alone what was fetched is not given up.
    state.giveUp(report);
    return report;
  } catch (cause) {
    const unwritten = deviceError(cause);
    options.log({ event: "state not written", error: unwritten.toBody() });
    if (hasBegun) return makeReport(identity, [], { error: unwritten }, "stuck");
    state.hold(report);
    return report;
  }
}

async function fetchPackets(
  { state, packets: store }: Context,
  message: PlanMessage,
  remote: Remote,
  signal: AbortSignal,
): Promise<readonly Packet[]> {
  const digests = new Set([...state.saved.apps, ...message.apps].map(({ digest }) => digest));
  const packets: Packet[] = [];
  for (const digest of digests) packets.push(await store.get(digest, remote, signal));
  return packets;
}

async function fetchContents(
  context: Context,
  packets: readonly Packet[],
  unchanged: Pick<Unchanged, "has">,
  deltas: readonly HeldDelta[],
  remote: Remote,
  signal: AbortSignal,
): Promise<void> {
  const { state, layout, root, options } = context;
  const here = new Set(state.saved.apps.map(({ digest }) => digest));
  const coming = packets.filter(({ digest }) => !here.has(digest));
  options.log({ event: "fetch", packets: coming.map(({ name, tags }) => ({ name, tags })) });
  const owned = packets.filter(({ digest }) => here.has(digest));
  const copies = localCopies(owned, coming, root);
  const make: Make = async (missing) => {
    const left = await takeDeltas(deltas, missing, context, signal);
    return await takeWholeBundles(coming, left, context, remote, signal);
  };
  const contents = [...coming, ...owned.map(withoutFiles)];
  try {
    keepWanted(context, contents, deltas);
    await fetchBlobs(contents, layout, copies, remote, signal, make, unchanged);
  } catch (cause) {
    throw named("keep what is fetched in", layout.fetched, cause);
  }
}

/** What was fetched for an earlier plan, and this one does not need, goes: nothing else bounds how much that is. */
function keepWanted(
  { layout, packets: store }: Context,
  packets: readonly Packet[],
  deltas: readonly HeldDelta[],
): void {
  const digests = packets.map(({ digest }) => digest);
  const contents = packets.flatMap((packet) => [...packetContents(packet).keys()]);
  store.keepOnly(new Set(digests));
  keepFetched(layout, new Set([...digests, ...contents, ...deltas.map(({ blob }) => blob.digest)]));
}

/** Sees that the install root is the one that state.json is about, and that what the plan's apps are on is mounted. */
function checkGround({ state, root, layout }: Context, plan: Plan): InstallRoot {
  const now = describeRoot(root, layout.stateDir);
  checkRoot(state.saved.root, now);
  checkMounted(state.saved.mounts, plan, root.path);
  return now;
}

// Of an installed packet only lost scripts are fetched again, not its files.
function withoutFiles(packet: Packet): Packet {
  return { ...packet, manifest: [] };
}

function prepare(
  { state, root, layout, options }: Context,
  plan: Plan,
  packets: readonly Packet[],
  unchanged: Unchanged,
  { policy }: PlanMessage,
): Prepared {
  const { apps: installed, directories, conffiles, mounts } = state.saved;
  const reserved = root.pathOf(layout.stateDir);
  const prepared = compilePlan(plan, packets, policy, {
    installed,
    directories,
    conffiles,
    unchanged,
    root,
    mounts,
    layout,
    reserved,
    ownFiles: new OwnFiles(options.ownFiles ?? [], root),
  });
  const { staged, operations, left } = prepared.compiled;
  if (left.length > 0)
    options.log({ event: "left", paths: left.slice(0, MOST_PATHS_LOGGED), count: left.length });
  options.log({ event: "stage", files: staged.length, operations: operations.length });
  return prepared;
}

/** A plan whose contents are there, and of which it is known what it does. */
interface Undertaking {
  readonly identity: Identity;
  readonly packets: readonly Packet[];
  readonly prepared: Prepared;
  /** Where it is done. */
  readonly noted: Noted;
  /** What state.json says when it is done. */
  readonly committed: Committed;
}

// Stages, switches and commits. What it throws left the device untouched, but for ROLLBACK_FAILED.
async function switchOver(
  context: Context,
  undertaking: Undertaking,
  confirmation: Confirmation,
): Promise<Transaction> {
  const { state, layout } = context;
  const { identity, packets, prepared, noted, committed } = undertaking;
  const { compiled, finder, coming } = prepared;
  const journal = Journal.create(layout.journal);
  const areas = await stageAll(context, undertaking, journal, confirmation.signal);
  const runner = makeRunner(context, journal, packets);
  let report: Transaction | undefined;
  try {
    const failure = await runner.run(compiled.operations, areas, noted, confirmation, () => {
      report = makeReport(identity, runner.scripts, undefined);
      commit(state, report, committed);
    });
    if (failure || !report) report = giveUp(context, makeReport(identity, runner.scripts, failure));
    else noteMarks(coming, layout, context.root);
  } catch (cause) {
    journal.close();
    throw cause;
  } finally {
    areas.close();
  }
  cleanUp(context, journal, { id: identity.id, areas: finder.areas });
  return report;
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
  context: Context,
  { identity, prepared: { compiled, finder }, noted }: Undertaking,
  journal: Journal,
  signal: AbortSignal,
): Promise<OpenAreas> {
  const { layout, root, state } = context;
  const { id, target, revision, started } = identity;
  const begun = { id, target, revision, started, areas: finder.areas };
  let areas: OpenAreas | undefined;
  try {
    journal.append({ record: "stage", format: JOURNAL_FORMAT, ...begun });
    keepStrangeAreas(finder.areas, context);
    areas = OpenAreas.make(finder.areas, layout, root);
    await stage(compiled.staged, areas, layout, root);
    signal.throwIfAborted();
    syncPath(layout.scripts);
  } catch (cause) {
    areas?.close();
    cleanUp(context, journal, begun);
    reclaim(layout);
    throw named("make durable", layout.scripts, cause);
  }
  try {
    const { operations } = compiled;
    journal.append({ record: "begin", before: state.before, operations, ...noted });
    state.begin(begun);
    return areas;
  } catch (cause) {
    areas.close();
    // The record may be on the disk all the same: what it speaks of goes only when state.json says how it ended.
    giveUp(context, makeReport(identity, [], { error: deviceError(cause) }));
    cleanUp(context, journal, begun);
    throw cause;
  }
}
