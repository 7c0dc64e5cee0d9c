import { setImmediate as letOthersRun } from "node:timers/promises";
import { endsSoon } from "@jamesd/pki/credentials";
import { isLate } from "../fleet/certificate-watch.ts";
import type { Certificates } from "../fleet/certificates.ts";
import { type KnownDevice, type SyncStatus, syncStatus } from "../fleet/device.ts";
import type { Devices } from "../fleet/devices.ts";
import { lastCertificate } from "../fleet/last-certificate.ts";
import type { Presence } from "../fleet/presence.ts";

/** A count is told again for so long. */
const KEPT_MS = 10_000;
/** Counting is this part of the time at the most, however many devices there are. */
const MOST_PART = 0.01;

/** How many devices there are of each kind; a device that is removed or comes meanwhile is in it or not. */
export interface FleetCounts {
  readonly sync: Readonly<Record<SyncStatus, number>>;
  readonly connected: number;
  readonly drifted: number;
  readonly certificates: Readonly<Record<CertificateState, number>>;
  readonly lateCertificates: number;
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
    let workMs = 0;
    let begun = performance.now();
    try {
      for await (const batch of this.#parts.devices.sketches()) {
        for (const device of batch) this.#add(counts, device);
        workMs += performance.now() - begun;
        await letOthersRun();
        begun = performance.now();
      }
      workMs += performance.now() - begun;
      return counts;
    } finally {
      setTimeout(() => (this.#counts = undefined), Math.max(KEPT_MS, workMs / MOST_PART)).unref();
    }
  }

  #add(counts: Counting, device: KnownDevice): void {
    const { presence, certificates } = this.#parts;
    const now = this.#parts.now();
    counts.sync[syncStatus(device, presence)] += 1;
    if (presence.isConnected(device.id)) counts.connected += 1;
    if ((device.record.drift?.count ?? 0) > 0) counts.drifted += 1;
    counts.certificates[stateOf(lastCertificate(device, presence).certEnds, now)] += 1;
    if (isLate(device, presence, certificates, now)) counts.lateCertificates += 1;
  }
}

type Counting = { -readonly [N in keyof FleetCounts]: Writable<FleetCounts[N]> };
type Writable<T> = { -readonly [N in keyof T]: T[N] };

function emptyCounts(): Counting {
  return {
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
