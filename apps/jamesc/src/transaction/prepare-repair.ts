import { appsDigest, type InstalledApp, JamesError, type Packet, type Step } from "@jamesd/model";
import type { PlanMessage } from "@jamesd/protocol/device";
import type { DeviceParts } from "./device-parts.ts";
import { named } from "./disk/device-error.ts";
import { ownersHere } from "./disk/owners.ts";
import { lookAtPacket } from "./drift/look-at-packet.ts";
import type { Line } from "./drift/note.ts";
import { AT_ONCE, Pace } from "./drift/pace.ts";
import { type Broken, directoryFixes, type Parts, splitOff } from "./drift/split.ts";
import { fetchBlobs } from "./fetch/fetch.ts";
import { localCopies } from "./fetch/local-copies.ts";
import type { Fetching } from "./fetch/remote.ts";
import { checkGround, groundOf } from "./ground.ts";
import { type CompiledPlan, compilePlan } from "./plan/compile-plan.ts";
import { NOTHING_STAYS, type Prepared } from "./prepare.ts";

interface InstalledPacket {
  readonly app: InstalledApp;
  readonly packet: Packet;
}

/** What is broken of a packet, and that packet as two. */
interface Mended extends Broken, Parts {}

/**
 * The first half of a transaction that repairs: looks what of the installed packets is not as it should be, where the
 * policy wants it put right, and fetches what that takes. Nothing else of the packets is touched, and no script runs.
 * @throws as `prepare`
 */
export async function prepareRepair(
  parts: DeviceParts,
  message: PlanMessage,
  fetching: Pick<Fetching, "remote" | "signal" | "watch">,
): Promise<Prepared> {
  const { state, options } = parts;
  const { apps, conffiles, mounts, ownerless } = state.saved;
  checkTarget(message, apps);
  const installed = apps.map((app) => ({ app, packet: packetOf(app, parts) }));
  const wanted = installed.filter(({ packet }) => (message.policy.drift ?? packet.policy.drift) === "repair");
  const root = checkGround(
    parts,
    wanted.map(({ app: { name } }) => ({ app: name })),
  );
  const all: Broken[] = [];
  for (const one of wanted) all.push(await findBroken(one, parts, fetching.signal));
  const mended = all.filter(({ lines }) => lines.size > 0).map((one) => ({ ...one, ...splitOff(one) }));
  const packets = installed.map(({ packet }) => packet);
  await fetchContents(mended, packets, parts, fetching);
  const compiled = compileRepair(mended, installed, parts);
  const paths = mended.reduce((sum, { lines }) => sum + lines.size, 0);
  options.log({ event: "repair", paths, operations: compiled.operations.length });
  const { directories } = compiled;
  return {
    packets,
    compiled,
    noted: { root, mounts: compiled.finder.mounts },
    committed: { apps, directories, conffiles, mounts, ownerless, seal: message.seal ?? null },
    proofs: { healthchecks: [], connectivity: undefined },
    isForced: false,
    coming: [],
    staying: NOTHING_STAYS,
    mended: mended.map(({ packet }) => packet),
  };
}

/** What is broken as a packet that goes and comes again, beside the rest of it, which stays. */
function compileRepair(
  mended: readonly Mended[],
  installed: readonly InstalledPacket[],
  parts: DeviceParts,
): CompiledPlan {
  const untouched = installed.filter(({ app }) => mended.every((one) => one.app.name !== app.name));
  const steps = mended.flatMap(({ app: { name: app }, broken: { digest: packet } }): Step[] => [
    { kind: "delete", app, packet },
    { kind: "unpack", app, packet },
  ]);
  const here = [
    ...mended.flatMap(({ app, broken, rest }) =>
      [broken, rest].map((packet) => asInstalled(app.name, packet)),
    ),
    ...untouched.map(({ app }) => app),
  ];
  const packets = [
    ...mended.flatMap(({ broken, rest }) => [broken, rest]),
    ...untouched.map(({ packet }) => packet),
  ];
  const ground = { ...groundOf(parts), installed: here, unchanged: new Map() };
  const compiled = compilePlan({ steps, apps: parts.state.saved.apps }, packets, {}, ground);
  const fixes = directoryFixes(mended, compiled.finder, parts.root);
  return { ...compiled, operations: [...compiled.operations, ...fixes] };
}

function asInstalled(name: string, { digest }: Packet): InstalledApp {
  return { name, tags: [], digest };
}

function checkTarget({ target }: PlanMessage, apps: readonly InstalledApp[]): void {
  if (target === appsDigest(apps)) return;
  throw new JamesError(
    "TRANSACTION_FAILED",
    "the server wants a repair of something else than is installed here",
    {
      hint: "It is asked for again with the next check-in.",
    },
  );
}

function packetOf({ name, digest }: InstalledApp, { store }: DeviceParts): Packet {
  const packet = store.find(digest);
  if (packet) return packet;
  throw new JamesError(
    "TRANSACTION_FAILED",
    `what ${name} should be like is not known: its manifest is lost`,
    {
      hint: "Have it installed anew.",
    },
  );
}

/** Looks once more, as fast as it can: what was reported may be otherwise by now. */
async function findBroken(
  { app, packet }: InstalledPacket,
  { state, root, layout }: DeviceParts,
  signal: AbortSignal,
): Promise<Broken> {
  const lines = new Map<string, Line>();
  const here = ownersHere(state.saved.ownerless, app.name);
  await lookAtPacket(
    { app: app.name, digest: app.digest, read: () => packet, here },
    {
      ...{ root, layout, fullAfterMs: Number.POSITIVE_INFINITY, isNoted: true, now: Date.now },
      pace: new Pace(AT_ONCE, signal),
      found: (line) => lines.set(line.path, line),
    },
  );
  return { app, packet, lines, here };
}

async function fetchContents(
  mended: readonly Mended[],
  installed: readonly Packet[],
  { layout, root }: DeviceParts,
  fetching: Pick<Fetching, "remote" | "signal" | "watch">,
): Promise<void> {
  const wanted = mended.map(({ packet, broken }) => ({ ...packet, manifest: broken.manifest }));
  const bad = new Set(
    mended.flatMap(({ lines }) =>
      [...lines.values()].flatMap(({ kinds, path }) => (isContentLost(kinds) ? [path] : [])),
    ),
  );
  const good = installed.map((packet) => ({
    ...packet,
    manifest: packet.manifest.filter(({ path }) => !bad.has(path)),
  }));
  const needed = new Set(wanted.flatMap((packet) => packet.manifest.map(({ path }) => path)));
  const copies = localCopies(good, wanted, root);
  try {
    // Whole packets, for their bundles are cut by whole manifests.
    await fetchBlobs(
      mended.map(({ packet }) => packet),
      { ...fetching, layout },
      copies,
      undefined,
      { has: (path) => !needed.has(path) },
    );
  } catch (cause) {
    throw named("keep what is fetched in", layout.fetched, cause);
  }
}

function isContentLost(kinds: Line["kinds"]): boolean {
  return ["missing", "type", "content", "unreadable"].some((kind) => kinds.some((one) => one === kind));
}
