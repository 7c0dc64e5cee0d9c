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
import { type KnownDevice, resolvable, type SyncStatus, syncStatus } from "../fleet/device.ts";
import type { KnownFleet } from "../fleet/fleet.ts";
import type { Target } from "../fleet/target.ts";
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
  /** What it will do when rollouts admit it, each by itself, from what it has now. */
  readonly later: readonly LaterPlan[];
}

/** What a device will do when a rollout admits it. */
export interface LaterPlan extends Pick<DevicePlan, "steps" | "bytes" | "problem"> {
  /** Of the rollout. */
  readonly revision: number;
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
  /** The rollouts that will change what it should have, and do not admit it yet. */
  readonly waits: readonly number[];
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
    const { target } = device;
    const common = {
      id,
      sync: syncStatus(device, this.#fleet.presence),
      revision: target?.wanted.revision ?? null,
    };
    const later = await this.#later(device);
    if (!target) return { ...common, steps: [], bytes: null, problem: null, later };
    return { ...common, ...(await this.#way(device, target)), later };
  }

  async #later(device: KnownDevice): Promise<readonly LaterPlan[]> {
    const views = this.#fleet.targets.current;
    const later: LaterPlan[] = [];
    for (const revision of views.waitsFor(resolvable(device))) {
      const { next } = views.beside(resolvable(device), revision);
      const way = next ? await this.#way(device, next) : { steps: [], bytes: null, problem: null };
      later.push({ revision, ...way });
    }
    return later;
  }

  async #way(device: KnownDevice, target: Target): Promise<Pick<DevicePlan, "steps" | "bytes" | "problem">> {
    const { steps, problem } = await outlook(device, target, this.#fleet);
    if (problem) return { steps: [], bytes: null, problem: problem.toBody() };
    const { apps } = device.record.state;
    return {
      steps,
      bytes: await bytesToFetch(apps, target.apps, this.#fleet.targets.packets),
      problem: null,
    };
  }

  /** Every packet of a name, and what it lacks for an app on a device; `tags` in place of those that are wanted. @throws JamesError DEVICE_UNKNOWN, NAME_INVALID */
  async explain(id: string, name: string, tags: readonly Tag[] | undefined): Promise<Explanation> {
    parseName(name);
    const device = await this.#fleet.devices.known(id);
    const { target, tagSet } = device;
    const { catalogue, current } = this.#fleet.targets;
    const held = current.packetsHiddenFrom(device);
    const wanted = target?.wanted.apps.find((app) => app.name === name);
    const app: App = { name, tags: tags ?? wanted?.tags ?? [] };
    const systemtags = tagSet.tags;
    const packets = [...catalogue.named(name)].filter(({ digest }) => !held.has(digest));
    const candidates = explainMatch(app, systemtags, packets);
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
      waits: current.waitsFor(resolvable(device)),
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
