import type { InstalledApp, Packet } from "@jamesd/model";
import { PacketStore } from "../transaction/fetch/packet-store.ts";
import type { LocalState } from "./read-state.ts";

/** An installed app, and its packet; undefined when the device has lost its manifest. */
export interface InstalledPacket {
  readonly app: InstalledApp;
  readonly packet: Packet | undefined;
}

/** The packets of what is installed. */
export function installedPackets(
  { saved, layout }: LocalState,
  limits: ConstructorParameters<typeof PacketStore>[1],
): readonly InstalledPacket[] {
  const store = new PacketStore(layout, limits);
  return saved.apps.map((app) => ({ app, packet: store.peek(app.digest) }));
}
