import { setImmediate as letOthersRun } from "node:timers/promises";
import type { Digest, InstalledApp, Tag } from "@jamesd/model";
import { endsSoon } from "@jamesd/pki/credentials";
import { isLate } from "./certificate-watch.ts";
import type { Certificates } from "./certificates.ts";
import { type KnownDevice, type SyncStatus, syncStatus } from "./device.ts";
import type { Devices } from "./devices.ts";
import { lastCertificate } from "./last-certificate.ts";
import type { Presence } from "./presence.ts";
import type { TagSet } from "./tag-sets.ts";

/** A count is told again for so long. */
const KEPT_MS = 1000;
/** Counting is this part of the time at the most, however many devices there are. */
const MOST_PART = 0.005;

/** How many devices there are of each kind; a device that is removed or comes meanwhile is in it or not. */
export interface FleetCounts {
  readonly devices: number;
  readonly sync: Readonly<Record<SyncStatus, number>>;
  readonly connected: number;
  readonly drifted: number;
  readonly certificates: Readonly<Record<CertificateState, number>>;
  readonly lateCertificates: number;
  /** How many have each tag, their own or given. */
  readonly tags: ReadonlyMap<Tag, number>;
  /** How many have each packet installed. */
  readonly packets: ReadonlyMap<Digest, InstalledOn>;
}

/** A packet as devices say they have it, and how many do. */
export interface InstalledOn extends InstalledApp {
  readonly devices: number;
}

/** How long a certificate is still good. */
type CertificateState = "good" | "ends-soon" | "ended" | "unknown";

/** What is counted. */
export interface FleetCensusParts {
  readonly devices: Pick<Devices, "sketches">;
  readonly presence: Presence;
  readonly certificates: Pick<Certificates, "areRenewed">;
  readonly now: () => number;
}

/** Counts the known devices, so many at a time, and not again before its counts are old. */
export class FleetCensus {
  readonly #parts: FleetCensusParts;
  #counts: Promise<FleetCounts> | undefined;

  constructor(parts: FleetCensusParts) {
    this.#parts = parts;
  }

  /** The counts, some seconds old at the most, but for a fleet that takes longer to count. */
  counts(): Promise<FleetCounts> {
    this.#counts ??= this.#count();
    return this.#counts;
  }

  async #count(): Promise<FleetCounts> {
    const counts = emptyCounts();
    const alike = new Alike();
    let workMs = 0;
    let begun = performance.now();
    try {
      for await (const batch of this.#parts.devices.sketches()) {
        for (const device of batch) {
          this.#add(counts, device);
          alike.add(device);
        }
        workMs += performance.now() - begun;
        await letOthersRun();
        begun = performance.now();
      }
      workMs += performance.now() - begun;
      return { ...counts, tags: alike.tags(), packets: alike.packets() };
    } finally {
      setTimeout(() => (this.#counts = undefined), Math.max(KEPT_MS, workMs / MOST_PART)).unref();
    }
  }

  #add(counts: Counting, device: KnownDevice): void {
    const { presence, certificates } = this.#parts;
    const now = this.#parts.now();
    counts.devices += 1;
    counts.sync[syncStatus(device, presence)] += 1;
    if (presence.isConnected(device.id)) counts.connected += 1;
    if ((device.record.drift?.count ?? 0) > 0) counts.drifted += 1;
    counts.certificates[stateOf(lastCertificate(device, presence).certEnds, now)] += 1;
    if (isLate(device, presence, certificates, now)) counts.lateCertificates += 1;
  }
}

type Counting = { -readonly [N in keyof Numbers]: Writable<Numbers[N]> };
type Numbers = Omit<FleetCounts, "tags" | "packets">;
type Writable<T> = { -readonly [N in keyof T]: T[N] };

/** Devices by what they have alike: most share their lists with thousands, so that these are counted, and gone through once. */
class Alike {
  readonly #tagSets = new Map<TagSet, number>();
  readonly #lists = new Map<Digest, { readonly apps: readonly InstalledApp[]; devices: number }>();

  add({ tagSet, appsDigest, record }: KnownDevice): void {
    this.#tagSets.set(tagSet, (this.#tagSets.get(tagSet) ?? 0) + 1);
    const digest = appsDigest ?? "";
    const list = this.#lists.get(digest) ?? { apps: record.state.apps, devices: 0 };
    list.devices += 1;
    this.#lists.set(digest, list);
  }

  tags(): ReadonlyMap<Tag, number> {
    const counts = new Map<Tag, number>();
    for (const [{ tags }, devices] of this.#tagSets)
      for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + devices);
    return counts;
  }

  packets(): ReadonlyMap<Digest, InstalledOn> {
    const counts = new Map<Digest, InstalledOn>();
    for (const { apps, devices } of this.#lists.values())
      for (const app of apps) {
        const before = counts.get(app.digest)?.devices ?? 0;
        counts.set(app.digest, { ...app, devices: before + devices });
      }
    return counts;
  }
}

function emptyCounts(): Counting {
  return {
    devices: 0,
    sync: {
      ...{ "in-sync": 0, pending: 0, failed: 0, unsatisfiable: 0 },
      ...{ halted: 0, doubled: 0, unmanaged: 0 },
    },
    connected: 0,
    drifted: 0,
    certificates: { good: 0, "ends-soon": 0, ended: 0, unknown: 0 },
    lateCertificates: 0,
  };
}

function stateOf(ends: number | null, now: number): CertificateState {
  if (ends === null) return "unknown";
  if (ends < now) return "ended";
  return endsSoon(ends, now) ? "ends-soon" : "good";
}
