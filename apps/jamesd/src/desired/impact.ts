import { type DocumentChange, isSelected } from "@jamesd/model";
import type { Impact } from "@jamesd/protocol";
import type { Fleet } from "../fleet/fleet.ts";
import { type KnownMember, targetError } from "../fleet/member.ts";
import type { Target } from "../fleet/resolver.ts";
import { type Affected, byTags } from "./affected.ts";
import type { Transfers } from "./transfers.ts";

/** So many groups are told of, and so many devices of each. */
const MAX_GROUPS = 100;
const SOME = 10;

/** Devices that have the same and should have the same. */
interface Group {
  readonly target: Target;
  readonly first: KnownMember;
  devices: number;
  readonly ids: string[];
}

/** What changes mean for the devices that they are about. */
export async function impactOf(
  affected: readonly Affected[],
  changes: readonly DocumentChange[],
  fleet: Fleet,
  transfers: Transfers,
): Promise<Impact> {
  const different = affected.filter(
    ({ before, after }) => before?.digest !== after?.digest || isNews(before, after),
  );
  const groups = group(different);
  const shown = await Promise.all(groups.slice(0, MAX_GROUPS).map((one) => describe(one, fleet, transfers)));
  return {
    devices: different.length,
    connected: different.filter(({ member }) => fleet.isConnected(member)).length,
    groups: shown,
    more: Math.max(0, groups.length - MAX_GROUPS),
    warnings: [...warningsOf(changes, fleet), ...abandoned(affected)],
  };
}

function group(affected: readonly Affected[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const { member, after } of affected) {
    if (!after) continue;
    const key = `${member.appsDigest} ${after.digest} ${problemKey(after)}`;
    const known = groups.get(key) ?? { target: after, first: member, devices: 0, ids: [] };
    known.devices += 1;
    if (known.ids.length < SOME) known.ids.push(member.id);
    groups.set(key, known);
  }
  return [...groups.values()].sort((a, b) => b.devices - a.devices);
}

function isNews(before: Target | undefined, after: Target | undefined): boolean {
  return after !== undefined && problemKey(after) !== (before ? problemKey(before) : "");
}

function problemKey({ wanted: { conflict }, unfulfilled }: Target): string {
  if (conflict) return `${conflict.app} ${conflict.specs.join()}`;
  return unfulfilled.map(({ app }) => `${app.name} ${app.tags.join()}`).join(" ");
}

async function describe({ target, first, devices, ids }: Group, fleet: Fleet, transfers: Transfers) {
  const problem = targetError(first.id, target) ?? (await fleet.paths.check(target)) ?? undefined;
  if (problem) return { devices, ids, steps: [], bytes: null, problem: problem.toBody() };
  return {
    devices,
    ids,
    steps: [...fleet.plan(first, target).steps],
    bytes: await transfers.bytes(first.record.state.apps, target.apps),
    problem: null,
  };
}

function warningsOf(changes: readonly DocumentChange[], fleet: Fleet): readonly string[] {
  return changes.flatMap(({ kind, id, content }) => {
    if (!content) return [];
    if (kind === "device") return fleet.members.find(id) ? [] : [`no device ${id} has ever checked in`];
    const isChosen = byTags((tags) => isSelected(content.selector, tags));
    for (const { tagSet } of fleet.members.allKnown()) if (isChosen(tagSet)) return [];
    return [`the selector of the spec ${id} fits no device: ${content.selector.join(", ")}`];
  });
}

function abandoned(affected: readonly Affected[]): readonly string[] {
  const left = affected.filter(({ before, after }) => before && !after).map(({ member }) => member.id);
  if (left.length === 0) return [];
  return [
    `nothing is wanted any more for ${left.length} device(s) on which jamesd never installed anything; they are left alone: ${left.slice(0, SOME).join(", ")}`,
  ];
}
