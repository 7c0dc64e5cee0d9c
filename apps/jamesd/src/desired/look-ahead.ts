import {
  type App,
  type Digest,
  type ErrorBody,
  explainMatch,
  type PacketSummary,
  parseName,
  type Step,
  sameTags,
  type Tag,
} from "@jamesd/model";
import { resolvable, type SyncStatus, syncStatus } from "../fleet/device.ts";
import type { KnownFleet } from "../fleet/fleet.ts";
import { Slices } from "../running/slices.ts";
import { outlook } from "./outlook.ts";
import { bytesToFetch } from "./transfers.ts";

const MAX_CANDIDATES = 1000;
const SOME = 10;

/** What a device would do now. */
export interface DevicePlan {
  readonly id: string;
  readonly sync: SyncStatus;
  readonly revision: number | null;
  readonly steps: readonly Step[];
  /** To fetch at the most; a delta is smaller. */
  readonly bytes: number | null;
  readonly problem: ErrorBody | null;
}

/** A packet of the name that is asked for, and the tags that it lacks. */
export interface CandidatePacket {
  readonly digest: Digest;
  readonly name: string;
  readonly tags: readonly Tag[];
  readonly missing: readonly Tag[];
}

/** Why a device gets the packet that it gets for an app, or none. */
export interface Explanation {
  readonly id: string;
  readonly name: string;
  /** Of the app that it should have; null: it should not have it. */
  readonly tags: readonly Tag[] | null;
  /** The spec that wants it; null: its own desired state, or nobody. */
  readonly spec: string | null;
  readonly systemtags: readonly Tag[];
  readonly chosen: Digest | null;
  /** The best first. */
  readonly candidates: readonly CandidatePacket[];
  /** Candidates that are left out. */
  readonly more: number;
}

/** What a packet more or less would mean for the fleet. */
export interface PacketImpact {
  /** How many would get other packets, or none. */
  readonly devices: number;
  readonly connected: number;
  /** How many of them would have no packet for an app. */
  readonly unsatisfiable: number;
  /** Some of them. */
  readonly ids: readonly string[];
}

/** Says beforehand what will happen, and why. */
export class LookAhead {
  readonly #fleet: KnownFleet;

  constructor(fleet: KnownFleet) {
    this.#fleet = fleet;
  }

  /** What a device would do now. @throws JamesError DEVICE_UNKNOWN */
  async plan(id: string): Promise<DevicePlan> {
    const device = await this.#fleet.devices.known(id);
    const { target, record } = device;
    const common = {
      id,
      sync: syncStatus(device, this.#fleet.presence),
      revision: target?.wanted.revision ?? null,
    };
    if (!target) return { ...common, steps: [], bytes: null, problem: null };
    const { steps, problem } = await outlook(device, target, this.#fleet);
    if (problem) return { ...common, steps: [], bytes: null, problem: problem.toBody() };
    const bytes = await bytesToFetch(record.state.apps, target.apps, this.#fleet.targets.packets);
    return { ...common, steps, bytes, problem: null };
  }

  /** Every packet of a name, and what it lacks for an app on a device; `tags` in place of those that are wanted. @throws JamesError DEVICE_UNKNOWN, NAME_INVALID */
  async explain(id: string, name: string, tags: readonly Tag[] | undefined): Promise<Explanation> {
    parseName(name);
    const { target, tagSet } = await this.#fleet.devices.known(id);
    const wanted = target?.wanted.apps.find((app) => app.name === name);
    const app: App = { name, tags: tags ?? wanted?.tags ?? [] };
    const systemtags = tagSet.tags;
    const candidates = explainMatch(app, systemtags, this.#fleet.targets.catalogue.named(name));
    const [best] = candidates;
    return {
      id,
      name,
      tags: tags ?? wanted?.tags ?? null,
      spec: wanted?.spec ?? null,
      systemtags,
      chosen: best?.missing.length === 0 ? best.packet.digest : null,
      candidates: candidates.slice(0, MAX_CANDIDATES).map(({ packet, missing }) => ({
        digest: packet.digest,
        name: packet.name,
        tags: packet.tags,
        missing,
      })),
      more: Math.max(0, candidates.length - MAX_CANDIDATES),
    };
  }

  /** What one packet more would mean. */
  async addition(name: string, tags: readonly Tag[]): Promise<PacketImpact> {
    // With these tags there is one already: the same again changes nothing, another is refused.
    for (const known of this.#fleet.targets.catalogue.named(name))
      if (sameTags(known.tags, tags)) return noImpact();
    const digest = "0".repeat(64);
    const packet = { digest, name, tags, scripts: [], sequence: Number.MAX_SAFE_INTEGER };
    return this.#impact(name, (packets) => [...packets, packet]);
  }

  /** What it would mean to lose a packet. @throws JamesError PACKET_UNKNOWN */
  async removal(digest: Digest): Promise<PacketImpact> {
    return this.#impact(this.#fleet.targets.catalogue.known(digest).name, (packets) =>
      [...packets].filter((one) => one.digest !== digest),
    );
  }

  async #impact(
    name: string,
    change: (packets: Iterable<PacketSummary>) => readonly PacketSummary[],
  ): Promise<PacketImpact> {
    const supposed = this.#fleet.targets.current.supposing(name, change);
    const impact = noImpact();
    const slices = new Slices();
    for await (const batch of this.#fleet.devices.sketches())
      for (const device of batch) {
        if (slices.isOver) await slices.next();
        const { id, target } = device;
        const isWanted = target?.wanted.apps.some((app) => app.name === name) ?? false;
        if (!isWanted || target?.wanted.conflict) continue;
        const [before, after] = [target, supposed.alike(resolvable(device))].map(
          (one) => one?.apps.find((app) => app.name === name)?.digest,
        );
        if (before === after) continue;
        impact.devices += 1;
        if (this.#fleet.presence.isConnected(id)) impact.connected += 1;
        if (after === undefined) impact.unsatisfiable += 1;
        if (impact.ids.length < SOME) impact.ids.push(id);
      }
    return impact;
  }
}

function noImpact() {
  return { devices: 0, connected: 0, unsatisfiable: 0, ids: [] as string[] };
}
