import {
  findPathConflict,
  type InstalledApp,
  JamesError,
  type OwnedManifest,
  type Packet,
  type Plan,
  type Policy,
} from "@jamesd/model";
import { checkReserved } from "../disk/area.ts";
import type { Layout } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import type { AppMounts, KeptConffile } from "../journal/device-state.ts";
import { appMounts } from "./app-mounts.ts";
import { AreaFinder } from "./area-finder.ts";
import { type Compiled, compile } from "./compile.ts";
import { decideConffiles } from "./conffiles.ts";
import { EntryFinder } from "./entry-finder.ts";
import { Belongings } from "./marks.ts";
import type { OwnFiles } from "./own-files.ts";
import { type AppPacket, checkOwnership } from "./ownership.ts";
import { type Placed, placeAll } from "./places.ts";
import { checkUnchanged, runsScripts, type Unchanged } from "./unchanged.ts";

/** What a plan is compiled against. */
export interface Ground {
  readonly installed: readonly InstalledApp[];
  /** Directories that the agent made. */
  readonly directories: readonly string[];
  /** Edited configuration files whose packet has gone. */
  readonly conffiles: readonly KeptConffile[];
  readonly unchanged: Unchanged;
  /** Where everything is, when that and what is unchanged was seen just now: otherwise it is looked at once more. */
  readonly placed?: Placed | undefined;
  readonly root: RootFs;
  /** What files of apps are on. */
  readonly mounts: AppMounts;
  readonly layout: Layout;
  /** The state directory's path below the root, when it lies there. */
  readonly reserved: string | undefined;
  readonly ownFiles: OwnFiles;
}

/** A plan compiled for this device: where to stage for it, and the configuration files that outlive their packets. */
export interface CompiledPlan extends Compiled {
  readonly finder: AreaFinder;
  readonly kept: readonly KeptConffile[];
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
): CompiledPlan {
  const { installed, root, layout, reserved } = ground;
  const placed = ground.placed ?? placeAll(plan, { ...ground, packets }, root);
  const { directories } = placed;
  const packetsTo = (kind: "delete" | "unpack"): readonly AppPacket[] =>
    plan.steps.flatMap((step) =>
      step.kind === kind ? [{ app: step.app, packet: placed.packetOf(step.packet) }] : [],
    );
  const leaving = packetsTo("delete");
  const coming = packetsTo("unpack");
  const gone = new Set(leaving.map(({ packet }) => packet.digest));
  const remaining = installed
    .filter(({ digest }) => !gone.has(digest))
    .map(({ name, digest }) => ({ app: name, packet: placed.packetOf(digest) }));
  checkPlaces(coming, remaining, ground);
  const conffiles = decideConffiles(leaving, coming, placed.conffiles, root);
  const { unchanged } = ground;
  const taken = checkOwnership({
    coming,
    leaving,
    directories: new Set(directories),
    staying: conffiles.staying,
    unedited: conffiles.unedited,
    unchanged,
    root,
    ownFiles: ground.ownFiles,
    policy,
  });
  const finder = new AreaFinder(layout, root, reserved);
  const compiled = compile({
    steps: plan.steps,
    packetOf: placed.packetOf,
    remaining: remaining.map(({ packet }) => packet),
    directories,
    root,
    areas: finder,
    conffiles,
    unchanged,
    runsScripts: runsScripts(plan, placed.packetOf),
    taken,
    belongings: new Belongings(layout, root),
    policy,
  });
  const mounts = appMounts(ground.mounts, plan.apps, coming, finder);
  return { ...compiled, finder, kept: conffiles.kept, mounts };
}

/** Sees that every place is free for the agent to use, and as it was when it was looked at. */
function checkPlaces(
  coming: readonly AppPacket[],
  remaining: readonly AppPacket[],
  { unchanged, placed, root, reserved, ownFiles }: Ground,
): void {
  for (const { packet } of coming) for (const { path } of packet.manifest) checkReserved(path, reserved);
  for (const { app, packet } of coming) ownFiles.check(app, packet);
  const entries = new EntryFinder(coming.map(({ packet }) => packet.manifest));
  if (!placed) checkUnchanged(unchanged, (path) => entries.find(path) !== undefined, root);
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
