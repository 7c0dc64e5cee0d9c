import { type DeviceState, makePacket, type Packet, sha256 } from "@jamesd/model";
import { type DeviceRecord, NEW_STANDING } from "../apps/jamesd/src/device/device-record.ts";

/** How many versions each app has among the packets. */
export const VERSIONS = 50;

/** What is known of a device that has reported its state and nothing else. */
export function recordOf(id: string, state: DeviceState): DeviceRecord {
  return {
    ...{ id, state, agent: "", features: [], given: [], unmerged: [] },
    ...{ certEnds: null, certIssuer: null, certSerial: null, renew: null, lastSeen: 1, transaction: null },
    ...{ retry: null, drift: null, go: null, verify: null, reinstall: null, standing: NEW_STANDING },
  };
}

/** A packet with one small file: so many versions of the first app, then of the next. */
export function packetOf(i: number): Packet {
  const [name, version] = [`app-${Math.floor(i / VERSIONS)}`, `v${i % VERSIONS}`];
  const digest = sha256(`${name} ${version}`);
  const rights = { mode: 0o755, uid: 0, gid: 0, size: 9 };
  const file = { type: "file" as const, path: `opt/${name}/bin`, digest, ...rights };
  return makePacket({ name, tags: [version], scripts: {}, manifest: [file] });
}
