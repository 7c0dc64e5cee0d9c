import { JamesError, type Packet } from "@jamesd/model";
import { MountTable } from "../disk/mounts.ts";
import { parentOf } from "../disk/tree-path.ts";
import type { AppMounts } from "../journal/device-state.ts";
import type { AreaFinder } from "./area-finder.ts";
import type { AppPacket } from "./ownership.ts";

/**
 * Sees that what files of these apps were put on is mounted: without it they would be looked for, and put, below the
 * mount point. @throws JamesError MOUNT_CHANGED
 */
export function checkMounted(
  noted: AppMounts,
  apps: readonly { readonly app: string }[],
  root: string,
): void {
  const table = new MountTable(root);
  for (const { app } of apps)
    for (const point of noted[app] ?? []) {
      if (table.has(point)) continue;
      throw new JamesError(
        "MOUNT_CHANGED",
        `nothing is mounted at /${point}, and files of ${app} are there`,
        {
          hint: "Mount it. Is it gone for good: start jamesc once with --accept-root.",
        },
      );
    }
}

/** What is noted at the commit: of the apps that came what is mounted now, of those that stayed what was noted. */
export function appMounts(
  before: AppMounts,
  apps: readonly { readonly name: string }[],
  coming: readonly AppPacket[],
  finder: AreaFinder,
): AppMounts {
  const came = new Map(coming.map(({ app, packet }) => [app, pointsOf(packet, finder)]));
  const points = apps.map(({ name }) => [name, came.get(name) ?? before[name] ?? []] as const);
  return Object.fromEntries(points.filter(([, some]) => some.length > 0));
}

/** What is noted when somebody says that what is mounted now is right. */
export function stillMounted(noted: AppMounts, root: string): AppMounts {
  const table = new MountTable(root);
  const left = Object.entries(noted).map(([app, points]) => [app, points.filter((at) => table.has(at))]);
  return Object.fromEntries(left);
}

function pointsOf({ manifest }: Packet, finder: AreaFinder): readonly string[] {
  const directories = new Set(
    manifest.map(({ type, path }) => (type === "directory" ? path : parentOf(path))),
  );
  const points = new Set([...directories].map((directory) => finder.mountOf(directory).point));
  points.delete("");
  return [...points].sort();
}
