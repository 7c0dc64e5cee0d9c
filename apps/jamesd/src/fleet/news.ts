import type { Digest, DocumentVersion } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import type { KeptCertificate } from "../repository/certificate-store.ts";
import type { Change } from "../repository/feed.ts";
import type { PacketInfo } from "../repository/packet-info.ts";
import type { Repository } from "../repository/repository.ts";
import type { Revocation } from "../repository/revocation-store.ts";
import type { Rollout } from "../repository/rollout-store.ts";
import { namedBy } from "./concerned.ts";
import type { Devices } from "./devices.ts";
import type { Layer } from "./layer.ts";
import { type LayerSource, readLayers } from "./read-layers.ts";

/** What changes tell, as it is now; undefined where there is nothing any more. */
export interface News {
  /** In the order in which they came and went. */
  readonly packets: ReadonlyMap<Digest, PacketInfo | undefined>;
  /** Oldest first. */
  readonly documents: readonly DocumentVersion[];
  readonly devices: ReadonlyMap<string, DeviceRecord | undefined>;
  /** Devices that are to try again what failed. */
  readonly retried: ReadonlySet<string>;
  /** Devices that are to renew their certificates. */
  readonly renewed: ReadonlySet<string>;
  /** All certificates of devices of which one was issued or replaced. */
  readonly holders: ReadonlyMap<string, readonly KeptCertificate[]>;
  /** Who is locked out, by the key of the lock. */
  readonly locks: ReadonlyMap<string, Revocation | undefined>;
  /** Undefined: no rollout went on. */
  readonly rollouts: RolloutNews | undefined;
}

/** The rollouts that count, and what each says. */
export interface RolloutNews {
  readonly rollouts: readonly Rollout[];
  readonly layers: readonly Layer[];
}

type Source = Pick<
  Repository,
  "packets" | "documents" | "devices" | "revocations" | "certificates" | "rollouts" | "feed"
>;

/** Reads what changes tell, and marks whom that gives something of their own. The devices last: whoever takes it in has to do so before anything else happens. @param known the layers until now @returns undefined when more came meanwhile, of which it would be one half */
export async function readNews(
  changes: readonly Change[],
  { packets, documents, devices: store, revocations, certificates, ...source }: Source,
  { devices, known }: { readonly devices: Devices; readonly known: readonly Layer[] },
): Promise<News | undefined> {
  const infos = new Map<Digest, PacketInfo | undefined>();
  const versions: DocumentVersion[] = [];
  const ids = new Set<string>();
  const retried = new Set<string>();
  const renewed = new Set<string>();
  const locks = new Map<string, Revocation | undefined>();
  const holders = new Map<string, readonly KeptCertificate[]>();
  for (const change of changes)
    if ("packet" in change) {
      infos.delete(change.packet);
      infos.set(change.packet, await packets.info(change.packet));
    } else if ("revision" in change)
      versions.push(...(await documents.madeIn({ after: change.revision - 1, upTo: change.revision })));
    else if ("holder" in change) holders.set(change.holder, await certificates.ofDevice(change.holder));
    else if ("lock" in change) locks.set(change.lock, await revocations.get(change.lock));
    else if ("device" in change) {
      ids.add(change.device);
      if (change.kind === "retry") retried.add(change.device);
      if (change.kind === "renew") renewed.add(change.device);
    }
  await devices.markOwners(namedBy(versions));
  const isRollout = changes.some(({ kind }) => kind === "rollout");
  const rollouts = isRollout
    ? await readRollouts(source.rollouts, { documents, known, read: versions })
    : undefined;
  if (rollouts && (await source.feed.head()) !== changes.at(-1)?.position) return undefined;
  const records = await recordsOf(ids, store, devices);
  return {
    packets: infos,
    documents: versions,
    devices: records,
    retried,
    renewed,
    locks,
    holders,
    rollouts,
  };
}

async function readRollouts(store: Source["rollouts"], source: LayerSource): Promise<RolloutNews> {
  const rollouts = await store.counting();
  return { rollouts, layers: await readLayers(rollouts, source) };
}

/** The records of devices; read again when a report of one was taken in meanwhile, for what was read may be older. */
async function recordsOf(
  ids: ReadonlySet<string>,
  store: Source["devices"],
  devices: Devices,
): Promise<ReadonlyMap<string, DeviceRecord | undefined>> {
  for (;;) {
    const before = new Map([...ids].map((id) => [id, devices.entered(id)?.record]));
    const records = new Map<string, DeviceRecord | undefined>();
    for (const id of ids) records.set(id, await store.get(id));
    if ([...ids].every((id) => devices.entered(id)?.record === before.get(id))) return records;
  }
}
