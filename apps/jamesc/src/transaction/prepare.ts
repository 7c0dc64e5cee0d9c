import {
  type Digest,
  type InstalledApp,
  type Packet,
  type Plan,
  type Policy,
  packetContents,
  parseApps,
  withRemoval,
} from "@jamesd/model";
import type { PlanMessage } from "@jamesd/protocol/device";
import type { DeviceParts } from "./device-parts.ts";
import { checkCapable } from "./disk/capability.ts";
import { named } from "./disk/device-error.ts";
import { flushFileSystems, MANY_FILES } from "./disk/flush.ts";
import type { Layout } from "./disk/layout.ts";
import { comparedContents } from "./drift/compared.ts";
import { takeWholeBundles } from "./fetch/bundle.ts";
import { type FetchedDelta, fetchDeltas, takeDeltas } from "./fetch/delta.ts";
import { fetchBlobs, type Make } from "./fetch/fetch.ts";
import { keepFetched } from "./fetch/fetched.ts";
import { localCopies } from "./fetch/local-copies.ts";
import type { Fetching } from "./fetch/remote.ts";
import { checkGround, groundOf } from "./ground.ts";
import type { Committed } from "./journal/device-state.ts";
import { checkPlan } from "./plan/check-plan.ts";
import { type CompiledPlan, compilePlan, type Ground } from "./plan/compile-plan.ts";
import { type PacketOf, packetLookup, packetsTo } from "./plan/packet-lookup.ts";
import { placeAll } from "./plan/places.ts";
import { findUnchanged, type Seen, sameFiles, type Unchanged } from "./plan/unchanged.ts";
import { type Proofs, proofsOf } from "./switch/confirm.ts";
import type { Noted } from "./switch/where.ts";

/** Of what is spared, or replaced though somebody put it there, so many paths are logged. */
const MOST_PATHS_LOGGED = 20;

/** What of the packets that come was on the device already, and is left where it is. */
export interface Staying {
  /** When it was seen, by the device's clock. */
  readonly seenAt: number;
  /** What was seen at a path of a packet; undefined: what comes there is put there. */
  readonly seen: (path: string) => Seen | undefined;
}

/** Nothing stays. */
export const NOTHING_STAYS: Staying = { seenAt: 0, seen: () => undefined };

/** A plan whose contents are there, and of which it is known what it does to the device as it is now. */
export interface Prepared {
  readonly packets: readonly Packet[];
  readonly compiled: CompiledPlan;
  /** Where it is done. */
  readonly noted: Noted;
  /** What state.json says when it is done. */
  readonly committed: Committed;
  /** What is proved before. */
  readonly proofs: Proofs;
  /** Scripts of what goes may fail. */
  readonly isForced: boolean;
  /** Packets that come whole, with the paths of their manifests. */
  readonly coming: readonly Packet[];
  readonly staying: Staying;
  /** Installed packets of which some files come anew. */
  readonly mended: readonly Packet[];
  /** Of many files: resolves, whatever the disk says, when the file system that they were fetched to is written out. */
  readonly writtenOut?: Promise<void> | undefined;
}

/**
 * The first half of a transaction: fetches what the plan needs, and works out what it does. Nothing on the device is
 * changed, nor held; done again it finds what was fetched, and looks at the device anew. What only an earlier plan needed
 * goes.
 * @throws as `Device.carryOut`; whatever the plan would be refused for
 */
export async function prepare(
  parts: DeviceParts,
  message: PlanMessage,
  { remote, signal, watch }: Pick<Fetching, "remote" | "signal" | "watch">,
): Promise<Prepared> {
  const { state, root, layout, options, store } = parts;
  const { limits, log } = options;
  const fetching: Fetching = { remote, signal, watch, layout, store, root, limits, log };
  // Before anything is fetched for it: scripts and people are told of these words.
  parseApps(message.apps);
  const deltas = await fetchDeltas(state.saved.apps, message.apps, fetching);
  const packets = await fetchPackets([...state.saved.apps, ...message.apps], fetching);
  const packetOf = packetLookup(packets);
  const plan = withRemoval(checkPlan(message, state.saved.apps, packetOf), message.policy);
  const installRoot = checkGround(parts, plan.steps);
  checkCapabilities(plan, packetOf);
  const again = message.reinstall?.app;
  // What comes again is looked for as what is new here: its files may be other ones by now.
  const here = state.saved.apps.filter(({ name }) => name !== again);
  const same = sameFiles(plan, packetOf);
  const came = await fetchContents(here, packets, same, deltas, fetching);
  const writtenOut = came >= MANY_FILES ? beginWritingOut(layout) : undefined;
  // Only then: fetching may take hours.
  const { staying, ...look } = await lookAtDevice(parts, plan, packets, message, signal);
  const stays = { has: (path: string) => staying.seen(path) !== undefined };
  const isLost = [...same].some((path) => !stays.has(path));
  if (isLost) await fetchContents(here, packets, stays, deltas, fetching);
  const compiled = compileHere(parts, plan, packets, isLost ? { ...look, placed: undefined } : look, message);
  return {
    packets,
    compiled,
    noted: { root: installRoot, mounts: compiled.finder.mounts },
    committed: {
      apps: plan.apps,
      directories: compiled.directories,
      conffiles: compiled.kept,
      mounts: compiled.mounts,
      ownerless: ownerlessAfter(state.saved.ownerless, plan, packetOf, message.policy),
      seal: message.seal ?? null,
    },
    proofs: proofsOf(plan.steps, packetOf, message.policy),
    isForced: message.policy.removal === "forced",
    coming: packetsTo("unpack", plan.steps, packetOf),
    staying,
    mended: [],
    writtenOut,
  };
}

/** Has the disk take what was fetched while it is worked out what to do with it. */
function beginWritingOut({ fetched }: Layout): Promise<void> {
  // It proves nothing, nor is anything lost without it.
  return flushFileSystems([fetched]).catch(() => undefined);
}

/** What a plan is compiled with: `placed` only when nothing took long since then. */
type SeenGround = Pick<Ground, "unchanged" | "placed">;

async function lookAtDevice(
  { state, root, layout }: DeviceParts,
  plan: Plan,
  packets: readonly Packet[],
  { reinstall, policy }: PlanMessage,
  signal: AbortSignal,
): Promise<SeenGround & { readonly staying: Staying }> {
  const placed = placeAll(plan, { ...state.saved, packets }, root);
  const leaving = packetsTo("delete", plan.steps, packetLookup(packets));
  // Who has an app installed again does not trust what is there.
  const knownContent = reinstall ? () => undefined : comparedContents(leaving, layout);
  const seenAt = Date.now();
  const { unchanged, hasRead } = await findUnchanged({ ...placed, plan, root, policy, knownContent }, signal);
  const seen: Staying["seen"] = (path) => unchanged.get(placed.comingPlace(path));
  return { unchanged, placed: hasRead ? undefined : placed, staying: { seenAt, seen } };
}

// Before anything is fetched or changed. Of what goes as well: perhaps it is to be brought back.
function checkCapabilities({ steps }: Plan, packetOf: PacketOf): void {
  for (const digest of new Set(steps.map(({ packet }) => packet))) {
    const { manifest } = packetOf(digest);
    const capable = manifest.find((entry) => entry.type === "file" && entry.capability !== undefined);
    if (capable) checkCapable(capable.path);
  }
}

async function fetchPackets(
  apps: readonly InstalledApp[],
  { store, remote, signal }: Fetching,
): Promise<readonly Packet[]> {
  const packets: Packet[] = [];
  for (const digest of new Set(apps.map(({ digest }) => digest)))
    packets.push(store.find(digest) ?? store.take(digest, await remote.packet(digest, signal)));
  return packets;
}

async function fetchContents(
  installed: readonly InstalledApp[],
  packets: readonly Packet[],
  unchanged: Pick<Unchanged, "has">,
  deltas: readonly FetchedDelta[],
  fetching: Fetching,
): Promise<number> {
  const here = new Set(installed.map(({ digest }) => digest));
  const coming = packets.filter(({ digest }) => !here.has(digest));
  fetching.log({ event: "fetch", packets: coming.map(({ name, tags }) => ({ name, tags })) });
  const owned = packets.filter(({ digest }) => here.has(digest));
  const copies = localCopies(owned, coming, fetching.root, unchanged);
  const make: Make = async (missing) =>
    takeWholeBundles(coming, await takeDeltas(deltas, missing, fetching), fetching);
  const contents = [...coming, ...owned.map(withoutFiles)];
  try {
    keepWanted(contents, deltas, fetching);
    return await fetchBlobs(contents, fetching, copies, make, unchanged);
  } catch (cause) {
    throw named("keep what is fetched in", fetching.layout.fetched, cause);
  }
}

/** What was fetched for an earlier plan, and this one does not need, goes: nothing else bounds how much that is. */
function keepWanted(
  packets: readonly Packet[],
  deltas: readonly FetchedDelta[],
  { layout, store }: Fetching,
): void {
  const digests = packets.map(({ digest }) => digest);
  store.keepOnly(new Set(digests));
  const few = new Set([...digests, ...deltas.map(({ blob }) => blob.digest)]);
  let contents: ReadonlySet<Digest> | undefined;
  keepFetched(layout, (digest) => {
    if (few.has(digest)) return true;
    // Of thousands of files, most of the time none is asked about.
    contents ??= new Set(packets.flatMap((packet) => [...packetContents(packet).keys()]));
    return contents.has(digest);
  });
}

// Of an installed packet only lost scripts are fetched again, not its files.
function withoutFiles(packet: Packet): Packet {
  return { ...packet, manifest: [] };
}

function compileHere(
  parts: DeviceParts,
  plan: Plan,
  packets: readonly Packet[],
  seen: SeenGround,
  { policy }: PlanMessage,
): CompiledPlan {
  const { options } = parts;
  const compiled = compilePlan(plan, packets, policy, { ...groundOf(parts), ...seen });
  const { staged, operations, spared, replaced } = compiled;
  for (const [event, paths] of Object.entries({ left: spared, replaced }))
    if (paths.length > 0)
      options.log({ event, paths: paths.slice(0, MOST_PATHS_LOGGED), count: paths.length });
  options.log({ event: "stage", files: staged.length, operations: operations.length });
  return compiled;
}

/** Which apps have whatever owner the device gave them, when the plan is done. */
function ownerlessAfter(
  before: readonly string[] | null,
  { steps, apps }: Plan,
  packetOf: PacketOf,
  policy: Policy,
): readonly string[] {
  const came = new Set(steps.flatMap(({ kind, app }) => (kind === "unpack" ? [app] : [])));
  const isOwnerless = ({ name, digest }: InstalledApp): boolean => {
    if (!came.has(name) && before) return before.includes(name);
    const { owners } = packetOf(digest).policy;
    return ((came.has(name) ? policy.owners : undefined) ?? owners) === "ignore";
  };
  return apps.filter(isOwnerless).map(({ name }) => name);
}
