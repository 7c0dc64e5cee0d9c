import { type DocumentChange, JamesError, type Unfulfilled, type WantedApp } from "@jamesd/model";
import type { PathChecks } from "../fleet/path-checks.ts";
import { noPacketFulfils, specsContradict, stateTooLarge } from "../fleet/problem.ts";
import type { Target } from "../fleet/target.ts";
import type { Affected } from "./affected.ts";

/**
 * Refuses changes that bring a contradiction, an app that none of its devices can have, or packets that own the same
 * path. What was so before is no reason. @throws JamesError SPEC_CONFLICT, STATE_TOO_LARGE, NO_PACKET_FULFILS, PATH_CONFLICT
 */
export async function refuseImpossible(
  affected: readonly Affected[],
  changes: readonly DocumentChange[],
  paths: PathChecks,
): Promise<void> {
  refuseContradictions(affected);
  refuseTooLarge(affected);
  refuseUnfulfilled(affected, changes);
  await refuseSharedPaths(affected, paths);
}

function refuseContradictions(affected: readonly Affected[]): void {
  for (const { device, before, after } of affected) {
    const conflict = after?.wanted.conflict;
    const old = before?.wanted.conflict;
    if (conflict && !(old?.app === conflict.app && old.specs.join() === conflict.specs.join()))
      throw specsContradict(device.id, conflict);
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

async function refuseSharedPaths(affected: readonly Affected[], paths: PathChecks): Promise<void> {
  const before = new Set<string>();
  const after = new Map<string, [Target, string]>();
  for (const { device, before: old, after: target } of affected) {
    if (old) before.add(old.digest);
    if (target && target.digest !== old?.digest) after.set(target.digest, [target, device.id]);
  }
  for (const [target, id] of after.values()) {
    const problem = await paths.check(target);
    if (problem && !before.has(target.digest))
      throw new JamesError(problem.code, `${problem.message} on ${id}`, { hint: problem.hint });
  }
}
