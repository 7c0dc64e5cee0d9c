import {
  type DocumentChange,
  JamesError,
  type SpecConflict,
  type Unfulfilled,
  type WantedApp,
} from "@jamesd/model";
import type { PathChecks } from "../fleet/path-checks.ts";
import { noPacketFulfils, specsContradict, stateTooLarge } from "../fleet/problem.ts";
import type { Target } from "../fleet/target.ts";
import type { Affected } from "./affected.ts";
import type { Mixtures } from "./changes.ts";

type Paths = Pick<PathChecks, "check">;
/** What a change means for a device. */
export type Judged = Pick<Affected, "before" | "after" | "mixtures"> & {
  readonly device: Pick<Affected["device"], "id">;
};

/**
 * Refuses changes that bring a contradiction, an app that none of its devices can have, or packets that own the same
 * path. What was so before is no reason. @throws JamesError SPEC_CONFLICT, STATE_TOO_LARGE, NO_PACKET_FULFILS, PATH_CONFLICT
 */
export async function refuseImpossible(
  affected: readonly Affected[],
  changes: readonly DocumentChange[],
  paths: Paths,
): Promise<void> {
  refuseContradictions(affected);
  refuseTooLarge(affected);
  refuseUnfulfilled(affected, changes);
  await refusePaths(affected, paths);
}

/** Refuses what brings packets that own the same path, now or while rollouts go on. @throws JamesError PATH_CONFLICT, SPEC_CONFLICT, STATE_TOO_LARGE */
export async function refusePaths(judged: readonly Judged[], paths: Paths): Promise<void> {
  await refuseSharedPaths(judged, paths);
  await refuseMixtures(judged, paths);
}

/** Whatever rollouts admit a device, and in whichever order: nothing that it has to have then may contradict itself. */
async function refuseMixtures(affected: readonly Judged[], paths: Paths): Promise<void> {
  for (const { device, mixtures } of affected) {
    const problem = await mixtureProblem(device.id, mixtures, paths);
    if (problem) throw problem;
  }
}

/** What contradicts itself in something that a device may have to have while rollouts go on, and in nothing of that before. */
export async function mixtureProblem(
  id: string,
  { before, after }: Mixtures,
  paths: Paths,
): Promise<JamesError | undefined> {
  for (const target of after) {
    const problem = target && (await conflictOf(id, target, before, paths));
    if (problem) return whileRolloutsGoOn(problem);
  }
  return undefined;
}

/** What contradicts itself in a target, and in none of those before. */
async function conflictOf(
  id: string,
  target: Target,
  before: readonly (Target | undefined)[],
  paths: Paths,
): Promise<JamesError | undefined> {
  const { conflict } = target.wanted;
  if (conflict)
    return before.some((old) => isSameConflict(old, conflict)) ? undefined : specsContradict(id, conflict);
  if (target.isTooLarge) return before.some((old) => old?.isTooLarge) ? undefined : stateTooLarge(id);
  if (before.some((old) => old?.digest === target.digest)) return undefined;
  const problem = await paths.check(target);
  return problem ? pathsShared(problem, id) : undefined;
}

function isSameConflict(old: Target | undefined, { app, specs }: SpecConflict): boolean {
  const known = old?.wanted.conflict;
  return known?.app === app && known.specs.join() === specs.join();
}

function whileRolloutsGoOn({ code, message, hint }: JamesError): JamesError {
  return new JamesError(code, `while rollouts go on, ${message}`, {
    hint: `${hint ?? ""} Or wait until they have finished; list-rollouts shows them.`.trim(),
  });
}

function pathsShared(problem: JamesError, id: string): JamesError {
  return new JamesError(problem.code, `${problem.message} on ${id}`, { hint: problem.hint });
}

function refuseContradictions(affected: readonly Affected[]): void {
  for (const { device, before, after } of affected) {
    const conflict = after?.wanted.conflict;
    if (conflict && !isSameConflict(before, conflict)) throw specsContradict(device.id, conflict);
  }
}

function refuseTooLarge(affected: readonly Affected[]): void {
  for (const { device, before, after } of affected)
    if (after?.isTooLarge && !before?.isTooLarge) throw stateTooLarge(device.id);
}

// A spec's app that some devices have no packet for is a warning: fleets are heterogeneous.
function refuseUnfulfilled(affected: readonly Affected[], changes: readonly DocumentChange[]): void {
  const specs = new Set(changes.flatMap(({ kind, id }) => (kind === "spec" ? [id] : [])));
  const devices = new Set(changes.flatMap(({ kind, id }) => (kind === "device" ? [id] : [])));
  const fulfilled = new Set<string>();
  const lacking = new Map<string, { id: string; unfulfilled: Unfulfilled<WantedApp> }>();
  for (const { device, after: target } of affected) {
    // Of a contradiction nothing is resolved, and so nothing known.
    if (!target || target.wanted.conflict) continue;
    const { id } = device;
    const missing = new Map(target.unfulfilled.map((one) => [one.app.name, one]));
    for (const { name, spec } of target.wanted.apps) {
      if (spec === null ? !devices.has(id) : !specs.has(spec)) continue;
      const key = spec === null ? `device ${id} ${name}` : `spec ${spec} ${name}`;
      const unfulfilled = missing.get(name);
      if (!unfulfilled) fulfilled.add(key);
      else if (!lacking.has(key)) lacking.set(key, { id, unfulfilled });
    }
  }
  for (const [key, { id, unfulfilled }] of lacking)
    if (!fulfilled.has(key)) throw noPacketFulfils(id, unfulfilled);
}

async function refuseSharedPaths(affected: readonly Judged[], paths: Paths): Promise<void> {
  const before = new Set<string>();
  const after = new Map<string, [Target, string]>();
  for (const { device, before: old, after: target } of affected) {
    if (old) before.add(old.digest);
    if (target && target.digest !== old?.digest) after.set(target.digest, [target, device.id]);
  }
  for (const [target, id] of after.values()) {
    const problem = await paths.check(target);
    if (problem && !before.has(target.digest)) throw pathsShared(problem, id);
  }
}
