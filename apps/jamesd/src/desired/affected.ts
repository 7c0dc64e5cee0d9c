import type { DocumentChange } from "@jamesd/model";
import { concernedBy, namedBy } from "../fleet/concerned.ts";
import { haltOf, type KnownDevice, resolvable } from "../fleet/device.ts";
import type { KnownFleet } from "../fleet/fleet.ts";
import type { Resolver } from "../fleet/resolver.ts";
import type { Target } from "../fleet/target.ts";
import { Slices } from "../running/slices.ts";

/** So many devices of a group are named. */
export const SOME = 10;

/** Devices that a change is about, and for which it means the same: what they should have before and after, the number aside. */
export interface Affected {
  /** The first of them. */
  readonly device: KnownDevice;
  readonly before: Target | undefined;
  readonly after: Target | undefined;
  readonly devices: number;
  /** How many of them are connected. */
  readonly connected: number;
  /** Some of them. */
  readonly ids: readonly string[];
}

/** The devices that changes are about, those alike together; `resolver` goes by the documents after them. Others run meanwhile. */
export async function affectedBy(
  changes: readonly DocumentChange[],
  fleet: KnownFleet,
  resolver: Resolver,
): Promise<readonly Affected[]> {
  const { devices, targets } = fleet;
  const groups = new Groups(fleet, resolver, namedBy(changes));
  const concerns = concernedBy(changes, targets.documents);
  const isAny = changes.some(({ kind }) => kind === "spec");
  const slices = new Slices();
  for await (const batch of isAny ? devices.batches() : devices.batchesOf(namedBy(changes)))
    for (const device of batch) {
      if (slices.isOver) await slices.next();
      if (concerns(device)) groups.add(device);
    }
  return groups.all();
}

/** One device as a group. */
export function affectedOne(
  device: KnownDevice,
  before: Target | undefined,
  after: Target | undefined,
  { presence }: Pick<KnownFleet, "presence">,
): Affected {
  const connected = presence.isConnected(device.id) ? 1 : 0;
  return { device, before, after, devices: 1, connected, ids: [device.id] };
}

interface Group extends Affected {
  devices: number;
  connected: number;
  readonly ids: string[];
}

/** Gathers devices that are alike. */
class Groups {
  readonly #fleet: KnownFleet;
  readonly #after: Resolver;
  readonly #named: ReadonlySet<string>;
  readonly #groups = new Map<string, Group>();
  readonly #numbers = new Map<Target | undefined, number>();

  constructor(fleet: KnownFleet, after: Resolver, named: ReadonlySet<string>) {
    this.#fleet = fleet;
    this.#after = after;
    this.#named = named;
  }

  add(device: KnownDevice): void {
    const { id } = device;
    const before = this.#fleet.targets.current.alike(resolvable(device));
    const after = this.#after.alike(resolvable(device));
    const isHalted = device.record.standing.halt !== null && haltOf(device, after) !== undefined;
    const key = `${this.#numberOf(before)} ${this.#numberOf(after)} ${device.appsDigest} ${isHalted} ${this.#named.has(id)}`;
    const group = this.#groups.get(key) ?? { device, before, after, devices: 0, connected: 0, ids: [] };
    this.#groups.set(key, group);
    group.devices += 1;
    if (this.#fleet.presence.isConnected(id)) group.connected += 1;
    if (group.ids.length < SOME) group.ids.push(id);
  }

  all(): readonly Affected[] {
    return [...this.#groups.values()];
  }

  #numberOf(target: Target | undefined): number {
    const number = this.#numbers.get(target) ?? this.#numbers.size;
    this.#numbers.set(target, number);
    return number;
  }
}
