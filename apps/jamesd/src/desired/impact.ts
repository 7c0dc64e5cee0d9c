import type { DocumentChange, ErrorBody, Step } from "@jamesd/model";
import { haltOf, type KnownDevice } from "../fleet/device.ts";
import type { KnownFleet } from "../fleet/fleet.ts";
import type { Target } from "../fleet/target.ts";
import { type Affected, isUnscripted, problemKey, SOME } from "./affected.ts";
import { outlook } from "./outlook.ts";
import { bytesToFetch } from "./transfers.ts";
import { warningsOf } from "./warnings.ts";

/** So many groups are told of. */
const MAX_GROUPS = 100;

/** Devices that will do the same. */
export interface ImpactGroup {
  readonly devices: number;
  /** Some of them. */
  readonly ids: readonly string[];
  readonly steps: readonly Step[];
  /** What the first has to fetch at the most; a delta is smaller; null: not known. */
  readonly bytes: number | null;
  /** Why these cannot have it. */
  readonly problem: ErrorBody | null;
}

/** What a change means for the fleet. */
export interface Impact {
  /** How many should have other packets than before. */
  readonly devices: number;
  /** How many of these are connected. */
  readonly connected: number;
  /** How many of these cannot have what they should. */
  readonly unsatisfiable: number;
  /** First those that cannot, then the largest. */
  readonly groups: readonly ImpactGroup[];
  /** Groups that are left out. */
  readonly more: number;
  readonly warnings: readonly string[];
}

/** Devices, and one of them with what it should have, for all. */
interface Group {
  readonly target: Target;
  readonly first: KnownDevice;
  /** What keeps them from having it, alike for all of them. */
  readonly why: string;
  devices: number;
  readonly ids: string[];
}

/** Devices that do the same, or cannot have what they should for the same reason. */
interface Outcome extends Group {
  readonly steps: readonly Step[];
  readonly problem: ErrorBody | null;
}

/** What changes mean for the devices that they are about. */
export async function impactOf(
  affected: readonly Affected[],
  changes: readonly DocumentChange[],
  fleet: KnownFleet,
): Promise<Impact> {
  const different = affected.filter(
    ({ before, after }) => before?.digest !== after?.digest || isNews(before, after),
  );
  const outcomes = await outcomesOf(alike(different), fleet);
  const groups: ImpactGroup[] = [];
  for (const outcome of outcomes.slice(0, MAX_GROUPS)) groups.push(await describe(outcome, fleet));
  return {
    devices: sum(different, ({ devices }) => devices),
    connected: sum(different, ({ connected }) => connected),
    unsatisfiable: sum(outcomes, ({ problem, devices }) => (problem ? devices : 0)),
    groups,
    more: outcomes.length - groups.length,
    warnings: [...(await warningsOf(changes, fleet)), ...abandoned(affected)],
  };
}

/** Devices that have the same and should have the same: of these a plan is made once. */
function alike(affected: readonly Affected[]): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const { device, after, devices, ids } of affected) {
    if (!after) continue;
    const why = haltOf(device, after) ? "halted" : problemKey(after);
    const key = `${device.appsDigest} ${after.digest} ${why} ${isUnscripted(device, after)}`;
    const known = groups.get(key) ?? { target: after, first: device, why, devices: 0, ids: [] };
    known.devices += devices;
    known.ids.push(...ids.slice(0, SOME - known.ids.length));
    groups.set(key, known);
  }
  return groups.values();
}

/** What the groups will do, those that do the same together; first those that cannot, then the largest. */
async function outcomesOf(groups: Iterable<Group>, fleet: KnownFleet): Promise<readonly Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  for (const group of groups) {
    const { steps, problem } = await outlook(group.first, group.target, fleet);
    const key = problem ? `${problem.code} ${group.why || problem.message}` : JSON.stringify(steps);
    const known = outcomes.get(key);
    if (known) {
      known.devices += group.devices;
      known.ids.push(...group.ids.slice(0, SOME - known.ids.length));
    } else outcomes.set(key, { ...group, steps, problem: problem?.toBody() ?? null });
  }
  return [...outcomes.values()].sort(
    (a, b) => Number(b.problem !== null) - Number(a.problem !== null) || b.devices - a.devices,
  );
}

function isNews(before: Target | undefined, after: Target | undefined): boolean {
  return after !== undefined && problemKey(after) !== (before ? problemKey(before) : "");
}

async function describe(outcome: Outcome, fleet: KnownFleet): Promise<ImpactGroup> {
  const { target, first, devices, ids, steps, problem } = outcome;
  const bytes = problem
    ? null
    : await bytesToFetch(first.record.state.apps, target.apps, fleet.targets.packets);
  return { devices, ids, steps, bytes, problem };
}

function abandoned(affected: readonly Affected[]): readonly string[] {
  const left = affected.filter(({ before, after }) => before && !after);
  if (left.length === 0) return [];
  const some = left.flatMap(({ ids }) => ids).slice(0, SOME);
  return [
    `nothing is wanted any more for ${sum(left, ({ devices }) => devices)} device(s) on which jamesd never installed anything; they are left alone: ${some.join(", ")}`,
  ];
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
