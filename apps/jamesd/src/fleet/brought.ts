import type { Digest, Tag } from "@jamesd/model";
import type { KnownFleet } from "./fleet.ts";
import { inPopulation } from "./population.ts";
import type { Target } from "./target.ts";

/** More differ only where packets are made for each device. */
const MOST = 1000;

/** A packet, for people. */
export interface NamedPacket {
  readonly digest: Digest;
  readonly tags: readonly Tag[];
}

/** A packet that devices get by a rollout, in the place of another. */
export interface BroughtPacket {
  readonly name: string;
  /** Null: they had none of the name. */
  readonly from: NamedPacket | null;
  /** Null: they have none of the name any more. */
  readonly to: NamedPacket | null;
  /** How many, also of those that have it by now. */
  readonly devices: number;
}

/** Which packets a live rollout brings to the devices that it is for, in the place of which, by how many get them; the first thousand. */
export async function broughtBy(fleet: KnownFleet, revision: number): Promise<readonly BroughtPacket[]> {
  const found = new Map<string, Difference & { devices: number }>();
  for await (const some of inPopulation(fleet, revision))
    for (const one of some.flatMap(({ without, next }) => differing(without, next))) {
      const key = `${one.name} ${one.from} ${one.to}`;
      const known = found.get(key);
      if (known) known.devices += 1;
      else if (found.size < MOST) found.set(key, { ...one, devices: 1 });
    }
  const { catalogue } = fleet.targets;
  const named = (digest: Digest | null) =>
    digest === null ? null : { digest, tags: catalogue.get(digest)?.tags ?? [] };
  return [...found.values()]
    .sort((a, b) => b.devices - a.devices || (a.name < b.name ? -1 : 1))
    .map(({ from, to, ...one }) => ({ ...one, from: named(from), to: named(to) }));
}

interface Difference {
  readonly name: string;
  readonly from: Digest | null;
  readonly to: Digest | null;
}

function differing(without: Target | undefined, next: Target): readonly Difference[] {
  const [were, are] = [byName(without), byName(next)];
  return [...new Set([...were.keys(), ...are.keys()])].flatMap((name) => {
    const [from, to] = [were.get(name) ?? null, are.get(name) ?? null];
    return from === to ? [] : [{ name, from, to }];
  });
}

function byName(target: Target | undefined): ReadonlyMap<string, Digest> {
  return new Map(target?.apps.map(({ name, digest }) => [name, digest]));
}
