import {
  appsDigest,
  findPathConflict,
  type InstalledApp,
  JamesError,
  makePlan,
  type OwnedManifest,
  type Packet,
  type Plan,
  type Policy,
  packetLabel,
  type Step,
  scriptNames,
} from "@jamesd/model";
import type { PlanMessage } from "@jamesd/protocol";
import type { Layout } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import type { KeptConffile } from "../journal/device-state.ts";
import { checkReserved } from "../switch/area.ts";
import { type AppMounts, appMounts } from "./app-mounts.ts";
import { AreaFinder } from "./area-finder.ts";
import { type Compiled, compile, packetLookup } from "./compile.ts";
import { decideConffiles } from "./conffiles.ts";
import { Belongings } from "./marks.ts";
import type { OwnFiles } from "./own-files.ts";
import { type AppPacket, checkOwnership } from "./ownership.ts";
import { placeAll } from "./places.ts";
import { checkUnchanged, type Unchanged } from "./unchanged.ts";

/** What a plan is compiled against. */
export interface Ground {
  readonly installed: readonly InstalledApp[];
  /** Directories that the agent made. */
  readonly directories: readonly string[];
  /** Edited configuration files whose packet has gone. */
  readonly conffiles: readonly KeptConffile[];
  readonly unchanged: Unchanged;
  readonly root: RootFs;
  /** What files of apps are on. */
  readonly mounts: AppMounts;
  readonly layout: Layout;
  /** The state directory's path below the root, when it lies there. */
  readonly reserved: string | undefined;
  readonly ownFiles: OwnFiles;
}

/**
 * The plan that is carried out: the device's own, from what is installed to what the server wants. The server's must be
 * the same, or it knew another state. `packets` are all that are installed or wanted.
 * @throws JamesError TRANSACTION_FAILED, PATH_CONFLICT
 */
export function checkPlan(
  message: PlanMessage,
  installed: readonly InstalledApp[],
  packets: readonly Packet[],
): Plan {
  const lookup = packetLookup(packets);
  for (const { name, digest } of message.apps) checkName(name, lookup(digest));
  const plan = makePlan(installed, message.apps, (digest) => scriptNames(lookup(digest).scripts));
  // The server plans every script of a packet that it no longer has.
  const theirs = message.steps.filter(
    (step) => step.kind !== "script" || lookup(step.packet).scripts[step.script],
  );
  if (appsDigest(message.apps) !== message.target || stepsKey(theirs) !== stepsKey(plan.steps))
    throw new JamesError(
      "TRANSACTION_FAILED",
      "the server's plan does not start from what is installed here",
      { hint: "It is asked for again with the next check-in." },
    );
  const owned = message.apps.map(({ name, digest }) => ({ app: name, manifest: lookup(digest).manifest }));
  const conflict = findPathConflict(owned);
  if (conflict)
    throw new JamesError("PATH_CONFLICT", `${conflict.apps.join(" and ")} both want /${conflict.path}`);
  return plan;
}

/** A plan made ready for this device: where to stage for it, and the configuration files that outlive their packets. */
export interface Prepared {
  readonly compiled: Compiled;
  readonly finder: AreaFinder;
  readonly kept: readonly KeptConffile[];
  /** The packets that come, with places for paths. */
  readonly coming: readonly Packet[];
  /** What files of apps are on when it is done. */
  readonly mounts: AppMounts;
}

/**
 * The plan as operations on this device, which is only looked at, and where to stage for them.
 * @throws JamesError PATH_CONFLICT, PATH_NOT_OWNED, PATH_UNSAFE, TRANSACTION_FAILED
 */
export function compilePlan(
  plan: Plan,
  packets: readonly Packet[],
  policy: Policy,
  ground: Ground,
): Prepared {
  const { installed, root, layout, reserved } = ground;
  const placed = placeAll(plan, { ...ground, packets }, root);
  const { directories } = placed;
  const packetsOf = (kind: "delete" | "unpack"): readonly AppPacket[] =>
    plan.steps.flatMap((step) =>
      step.kind === kind ? [{ app: step.app, packet: placed.packets(step.packet) }] : [],
    );
  const leaving = packetsOf("delete");
  const coming = packetsOf("unpack");
  const gone = new Set(leaving.map(({ packet }) => packet.digest));
  const remaining = installed
    .filter(({ digest }) => !gone.has(digest))
    .map(({ name, digest }) => ({ app: name, packet: placed.packets(digest) }));
  checkPlaces(coming, remaining, ground);
  const conffiles = decideConffiles(leaving, coming, placed.conffiles, root);
  const unchanged = new Set(ground.unchanged.keys());
  const taken = checkOwnership({
    coming,
    leaving,
    directories: new Set(directories),
    staying: conffiles.staying,
    unedited: conffiles.unedited,
    unchanged,
    root,
    policy,
  });
  const finder = new AreaFinder(layout, root, reserved);
  const compiled = compile({
    steps: plan.steps,
    packets: placed.packets,
    remaining: remaining.map(({ packet }) => packet),
    directories,
    root,
    areas: finder,
    conffiles,
    unchanged,
    taken,
    belongings: new Belongings(layout, root),
    policy,
  });
  const mounts = appMounts(ground.mounts, plan.apps, coming, finder);
  return { compiled, finder, kept: conffiles.kept, coming: coming.map(({ packet }) => packet), mounts };
}

function checkName(app: string, packet: Packet): void {
  if (packet.name === app) return;
  throw new JamesError(
    "TRANSACTION_FAILED",
    `the server's plan has ${packetLabel(packet)} installed as ${app}, which is not its name`,
  );
}

/** Sees that every place is free for the agent to use, and as it was when contents were fetched. */
function checkPlaces(
  coming: readonly AppPacket[],
  remaining: readonly AppPacket[],
  { unchanged, root, reserved, ownFiles }: Ground,
): void {
  const paths = new Set(coming.flatMap(({ packet }) => packet.manifest.map(({ path }) => path)));
  for (const path of paths) checkReserved(path, reserved);
  for (const { app, packet } of coming) ownFiles.check(app, packet);
  checkUnchanged(unchanged, paths, root);
  const owned = ({ app, packet }: AppPacket): OwnedManifest => ({ app, manifest: packet.manifest });
  const conflict = findPathConflict(coming.map(owned), remaining.map(owned));
  if (!conflict) return;
  throw new JamesError(
    "PATH_CONFLICT",
    `${conflict.apps.join(" and ")} both want /${conflict.path} on this device`,
    {
      hint: "Links on this device make one place of two paths: leave one of the apps out, or upload one without it.",
    },
  );
}

function stepsKey(steps: readonly Step[]): string {
  return JSON.stringify(
    steps.map((step) => [step.kind, step.app, step.packet, step.kind === "script" ? step.script : ""]),
  );
}
