import type { PacketPair } from "../deltas/ahead.ts";
import type { Affected } from "./affected.ts";

/** Which packets follow which on devices that a change is about: those for most devices first. */
export function packetPairs(affected: readonly Affected[]): readonly PacketPair[] {
  const pairs = new Map<string, PacketPair>();
  for (const { device, after, devices, ids } of affected)
    for (const { name, digest: target } of after?.apps ?? []) {
      const base = device.record.state.apps.find((app) => app.name === name)?.digest;
      if (base === undefined || base === target) continue;
      const key = `${base} ${target}`;
      const known = pairs.get(key) ?? { devices: 0, ids: [] };
      pairs.set(key, { base, target, devices: known.devices + devices, ids: [...known.ids, ...ids] });
    }
  return [...pairs.values()].sort((a, b) => b.devices - a.devices);
}
