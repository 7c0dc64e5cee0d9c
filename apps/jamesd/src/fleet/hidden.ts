import type { Digest } from "@jamesd/model";
import type { Device } from "./device.ts";
import type { Views } from "./views.ts";

/** The packets that a device does not see: those of rollouts that it is not admitted to. */
export function packetsHiddenFrom(views: Views, device: Pick<Device, "id" | "tagSet">): ReadonlySet<Digest> {
  const closed = new Set(views.closedTo(device));
  return new Set(
    views.layers.flatMap(({ revision, packet }) => (packet && closed.has(revision) ? [packet] : [])),
  );
}
