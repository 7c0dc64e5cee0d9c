import {
  appsDigest,
  type Digest,
  findPathConflict,
  type InstalledApp,
  JamesError,
  makePlan,
  type OwnedManifest,
  type Packet,
  type PacketSummary,
  packetLabel,
  resolveApps,
  scriptNames,
  type Tag,
} from "@jamesd/model";
import type { Followed, PlanMessage } from "@jamesd/protocol/device";
import type { Wish } from "./wish.ts";

/** What a plan is made of where there is no server. */
export interface Here {
  readonly installed: readonly InstalledApp[];
  readonly systemTags: readonly Tag[];
  readonly followed: Followed | undefined;
  /** What can be installed, oldest first. */
  readonly candidates: readonly Omit<PacketSummary, "scripts" | "sequence">[];
  readonly packet: (digest: Digest) => Promise<Packet>;
}

/**
 * The plan that a server would send for this wish. It bears the revision that the device followed last: that the device
 * has something else now is for the server to see.
 * @throws JamesError NO_PACKET_FULFILS, PATH_CONFLICT
 */
export async function makeMessage(wish: Wish, here: Here): Promise<PlanMessage> {
  const { installed, followed } = here;
  const apps = resolve(wish, here);
  const packets = new Map<Digest, Packet>();
  for (const { digest } of [...installed, ...apps])
    if (!packets.has(digest)) packets.set(digest, await here.packet(digest));
  checkPaths(apps.map(({ name, digest }) => ({ app: name, manifest: packets.get(digest)?.manifest ?? [] })));
  const { steps } = makePlan(installed, apps, (digest) => {
    const packet = packets.get(digest);
    return packet && scriptNames(packet.scripts);
  });
  return {
    target: appsDigest(apps),
    revision: followed?.revision ?? 0,
    steps: [...steps],
    apps: apps.map(({ name, tags, digest }) => ({ name, tags: [...tags], digest })),
    policy: wish.policy,
    ...(followed?.seal !== undefined && { seal: followed.seal }),
  };
}

function resolve({ apps }: Wish, { systemTags, candidates }: Here): readonly InstalledApp[] {
  const summaries = candidates.map((packet, sequence) => ({ ...packet, scripts: [], sequence }));
  const found = resolveApps(apps, systemTags, () => summaries);
  const [lacking] = found.unfulfilled;
  if (!lacking) return found.apps;
  const [nearest] = lacking.candidates;
  throw new JamesError("NO_PACKET_FULFILS", `there is no packet for ${packetLabel(lacking.app)}`, {
    hint: nearest
      ? `${packetLabel(nearest.packet)} is nearest, but neither the app nor this device has ${nearest.missing.join(", ")}.`
      : "Export the packet of that name too: jamesd-ctl export.",
  });
}

function checkPaths(manifests: readonly OwnedManifest[]): void {
  const conflict = findPathConflict(manifests);
  if (!conflict) return;
  throw new JamesError("PATH_CONFLICT", `${conflict.apps.join(" and ")} both contain /${conflict.path}`, {
    hint: "Of two apps with the same path a device can have one.",
  });
}
