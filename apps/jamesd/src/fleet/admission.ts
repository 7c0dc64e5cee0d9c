import { isLive, isOffering } from "@jamesd/model";
import type { Preparing } from "../device/report.ts";
import type { Rollout } from "../repository/rollout-store.ts";
import { type Device, resolvable } from "./device.ts";
import { hasNext } from "./has-next.ts";
import type { Admission } from "./orders.ts";
import type { Presence } from "./presence.ts";
import type { Sessions } from "./sessions.ts";
import type { Targets } from "./targets.ts";

/** What it is asked of. */
export interface AdmissionParts {
  readonly targets: Pick<Targets, "current" | "rollouts">;
  readonly presence: Pick<Presence, "heard">;
  readonly sessions: Pick<Sessions, "wake">;
  readonly now: () => number;
}

/** The devices of a rollout of which only so many may be in between at once. */
interface Flight {
  readonly most: number;
  readonly silenceMs: number;
  /** Those that were told to begin, and have not said since that it is over, with since when. */
  readonly ids: Map<string, number>;
  /** Those that may have begun before the start of the server and were not heard of since, with when they count no more. */
  readonly unheard: Map<string, number>;
  /** Those for which it is over, or that were heard of again, and of which nobody has judged yet what came of it. */
  readonly landed: Set<string>;
  /** Those that wait for a place, the longest first. */
  readonly waiting: Set<string>;
}

/**
 * Lets devices begin what rollouts bring them, unless these are paused, or enough others are in between. Who is in between is
 * in memory only. After a new start it may be whoever had not come to an end before it and was not heard of since: until it is told
 * who these are, nobody begins where only so many may.
 */
export class RolloutAdmission implements Admission {
  readonly #parts: AdmissionParts;
  readonly #flights = new Map<number, Flight>();
  /** For which the flights are. */
  #rollouts: readonly Rollout[] = [];
  /** The rollouts from before the start of which it is not told yet who may be in between. */
  readonly #untold: Set<number>;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#untold = new Set(parts.targets.rollouts.map(({ revision }) => revision));
  }

  /** The live rollouts from before the start of which it has to be told who may be in between. */
  get untold(): readonly number[] {
    const { rollouts } = this.#parts.targets;
    return rollouts.filter((one) => isLive(one.state) && this.#isUntold(one)).map(({ revision }) => revision);
  }

  /** These may be in between in a rollout from before the start, until they are heard of or that took as long as silence. */
  told(revision: number, ids: Iterable<string>): void {
    this.#untold.delete(revision);
    const rollout = this.#parts.targets.rollouts.find((one) => one.revision === revision);
    const flight = rollout && this.#flightOf(rollout);
    if (!flight) return;
    const { presence, now } = this.#parts;
    for (const id of ids)
      if (presence.heard(id) === undefined) flight.unheard.set(id, now() + flight.silenceMs);
    this.#wake(flight);
  }

  mayBegin(device: Device, preparing: Preparing | undefined): boolean {
    this.#forgetEnded();
    const brought = this.#broughtTo(device);
    if (brought.some(({ state }) => !isOffering(state))) return false;
    const flights = brought.flatMap((rollout) => this.#flightOf(rollout) ?? []);
    const isUnknown = brought.some((rollout) => this.#isUntold(rollout));
    const full = preparing ? [] : flights.filter((flight) => isUnknown || !this.#hasPlace(flight, device.id));
    for (const { waiting } of full) waiting.add(device.id);
    if (full.length > 0) return false;
    for (const { ids, landed, waiting } of flights) {
      if (!ids.has(device.id)) ids.set(device.id, this.#parts.now());
      landed.delete(device.id);
      waiting.delete(device.id);
    }
    return true;
  }

  /** True of one that was told to begin what only so many may. */
  isInBetween(id: string): boolean {
    for (const { ids } of this.#flights.values()) if (ids.has(id)) return true;
    return false;
  }

  /** A device checks in: one that prepares nothing is not in between, or no longer. Its place is free when it is judged. */
  heard(id: string, preparing: Preparing | undefined): void {
    for (const flight of this.#flights.values()) {
      const isBack = flight.unheard.delete(id);
      const isOver = !preparing && flight.ids.delete(id);
      if (isBack || isOver) flight.landed.add(id);
    }
  }

  /** What devices reported was judged: others may begin where that has not stopped the rollout. */
  judged(): void {
    this.#forgetEnded();
    for (const flight of this.#flights.values()) {
      if (flight.landed.size === 0) continue;
      flight.landed.clear();
      this.#wake(flight);
    }
  }

  /** The rollouts by which a device would get something that it does not have yet. */
  #broughtTo(device: Device): readonly Rollout[] {
    const { current, rollouts } = this.#parts.targets;
    if (rollouts.length === 0) return [];
    const known = resolvable(device);
    const open = new Set(current.newestOpenTo(known));
    const apps = device.record?.state.apps ?? [];
    return rollouts.filter(
      ({ revision }) => open.has(revision) && !hasNext(apps, current.beside(known, revision)),
    );
  }

  #isUntold({ revision, settings }: Rollout): boolean {
    return settings.inFlight !== undefined && this.#untold.has(revision);
  }

  #flightOf({ revision, settings: { inFlight, silenceMs } }: Rollout): Flight | undefined {
    if (inFlight === undefined) return undefined;
    const flight = this.#flights.get(revision) ?? {
      ...{ most: inFlight, silenceMs },
      ...{
        unheard: new Map<string, number>(),
        ids: new Map<string, number>(),
        landed: new Set<string>(),
        waiting: new Set<string>(),
      },
    };
    this.#flights.set(revision, flight);
    return flight;
  }

  /** Who fell silent in between has failed, and keeps nobody from it; nor does who is in between for as long, whatever it says. */
  #hasPlace(flight: Flight, id: string): boolean {
    const { most, silenceMs, ids, unheard, landed } = flight;
    if (ids.has(id) || landed.has(id) || takenIn(flight) < most) return true;
    const { presence, now } = this.#parts;
    for (const [one, since] of ids) {
      const heard = presence.heard(one) ?? Number.NEGATIVE_INFINITY;
      if (now() - Math.min(heard, since) >= silenceMs) ids.delete(one);
    }
    for (const [one, until] of unheard) if (now() >= until) unheard.delete(one);
    return takenIn(flight) < most;
  }

  #wake(flight: Flight): void {
    const { most, waiting } = flight;
    let free = most - takenIn(flight);
    for (const id of waiting) {
      if (free <= 0) return;
      waiting.delete(id);
      if (this.#parts.sessions.wake(id)) free -= 1;
    }
  }

  #forgetEnded(): void {
    const { rollouts } = this.#parts.targets;
    if (rollouts === this.#rollouts) return;
    this.#rollouts = rollouts;
    const there = new Set(rollouts.map(({ revision }) => revision));
    for (const revision of this.#flights.keys()) if (!there.has(revision)) this.#flights.delete(revision);
  }
}

/** How many places are taken. */
function takenIn({ ids, unheard, landed }: Flight): number {
  return ids.size + unheard.size + landed.size;
}
