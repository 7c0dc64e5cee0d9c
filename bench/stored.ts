import { type DeviceState, makePacket, type Packet, sha256 } from "@jamesd/model";
import { type DeviceRecord, NEW_STANDING } from "../apps/jamesd/src/device/device-record.ts";
import type { Repository } from "../apps/jamesd/src/repository/repository.ts";

/** How many versions each app has among the packets. */
export const VERSIONS = 50;

/** Who wrote what a bench finds there. */
export const ORIGIN = { author: "bench", address: "127.0.0.1", time: 1 };

/** So many devices are written at once. */
export const AT_ONCE = 20_000;
export const SITES = 91;
/** Of these three kinds every device has one tag: 4 x 5 x 91 lists of tags. */
const KINDS = [
  ["arch", 4],
  ["libc", 5],
  ["site", SITES],
] as const;

/** All tags that devices have. */
export const TAGS = KINDS.flatMap(([kind, count]) => Array.from({ length: count }, (_, i) => `${kind}-${i}`));

/** The tags of a device, by its number. */
export function systemtagsOf(i: number): string[] {
  return KINDS.map(([kind, count]) => `${kind}-${i % count}`);
}

/** Stores the packets of so many apps, and so many devices. */
export async function fill(
  { packets, devices }: Pick<Repository, "packets" | "devices">,
  apps: number,
  count: number,
  recordAt: (i: number) => DeviceRecord,
): Promise<void> {
  for (let i = 0; i < apps * VERSIONS; i += 1) await packets.add(packetOf(i), ORIGIN);
  for (const numbers of batches(count)) await devices.save(numbers.map(recordAt), []);
}

/** The numbers below one, as many at a time as are written at once. */
export function* batches(end: number): Generator<readonly number[]> {
  for (let from = 0; from < end; from += AT_ONCE)
    yield Array.from({ length: Math.min(AT_ONCE, end - from) }, (_, i) => from + i);
}

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
