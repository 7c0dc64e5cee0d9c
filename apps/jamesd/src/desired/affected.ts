import { canonicalJson } from "@jamesd/model";
import { concernedBy, namedBy } from "../fleet/concerned.ts";
import { haltOf, heededPolicy, type KnownDevice, resolvable } from "../fleet/device.ts";
import type { KnownFleet } from "../fleet/fleet.ts";
import { sameForDevice, type Target } from "../fleet/target.ts";
import { Slices } from "../running/slices.ts";
import { type Mixtures, mixturesOf, type Proposal, targetAfter } from "./changes.ts";

/** So many devices of a group are named. */
export const SOME = 10;

/** Devices that a change is about, and for which it means the same: what they should have before and after, the numbers aside. */
export interface Affected {
  /** The first of them. */
  readonly device: KnownDevice;
  readonly before: Target | undefined;
  readonly after: Target | undefined;
  /** What they may have to have besides while rollouts go on, as it was before and as it would be. */
  readonly mixtures: Mixtures;
  readonly devices: number;
  /** How many of them are connected. */
  readonly connected: number;
  /** Some of them. */
  readonly ids: readonly string[];
}

/** The devices that a proposal is about, those alike together. Others run meanwhile. */
export async function affectedBy(proposal: Proposal, fleet: KnownFleet): Promise<readonly Affected[]> {
  const { devices, targets } = fleet;
  const { changes, taken } = proposal;
  const groups = new Groups(fleet, proposal);
  const isSpec = changes.some(({ kind }) => kind === "spec");
  const { current, documents } = targets;
  const isChosen = concernedBy(changes, documents);
  const isConcerned = (device: Pick<KnownDevice, "id" | "tagSet">): boolean =>
    isChosen(device) || taken.some((revision) => current.isAbout(device, revision));
  const batches =
    isSpec || taken.length > 0 ? devices.sketches("", isConcerned) : devices.batchesOf(namedBy(changes));
  const slices = new Slices();
  for await (const batch of batches)
    for (const device of batch) {
      if (slices.isOver) await slices.next();
      groups.add(device);
    }
  return groups.all();
}

/** How many devices get something else by a change. One that nothing is wanted for any more is left alone. */
export function changing(affected: readonly Affected[]): number {
  return affected.reduce(
    (sum, { before, after, devices }) => sum + (after && !sameForDevice(before, after) ? devices : 0),
    0,
  );
}

/** One device as a group. */
export function affectedOne(
  device: KnownDevice,
  before: Target | undefined,
  after: Target | undefined,
  mixtures: Mixtures,
  { presence }: Pick<KnownFleet, "presence">,
): Affected {
  const connected = presence.isConnected(device.id) ? 1 : 0;
  return { device, before, after, mixtures, devices: 1, connected, ids: [device.id] };
}

interface Group extends Omit<Affected, "device"> {
  devices: number;
  connected: number;
  readonly ids: string[];
}

/** Gathers devices that are alike. */
class Groups {
  readonly #fleet: KnownFleet;
  readonly #proposal: Proposal;
  readonly #named: ReadonlySet<string>;
  readonly #groups = new Map<string, Group>();
  /** Of what targets come to, and of targets. */
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<Target, number>();

  constructor(fleet: KnownFleet, proposal: Proposal) {
    this.#fleet = fleet;
    this.#proposal = proposal;
    this.#named = namedBy(proposal.changes);
  }

  add(device: KnownDevice): void {
    const { id, appsDigest } = device;
    const before = this.#fleet.targets.current.alike(resolvable(device));
    const after = this.#after(device);
    const isHalted = device.record.standing.halt !== null && haltOf(device, after) !== undefined;
    const mixtures = mixturesOf(device, this.#proposal, this.#fleet.targets);
    const key = `${this.#numberOf(before)} ${this.#numberOf(after)} ${this.#mixed(mixtures)} ${appsDigest} ${isHalted} ${this.#named.has(id)} ${isUnscripted(device, after)}`;
    const group = this.#groups.get(key) ?? { before, after, mixtures, devices: 0, connected: 0, ids: [] };
    this.#groups.set(key, group);
    group.devices += 1;
    if (this.#fleet.presence.isConnected(id)) group.connected += 1;
    if (group.ids.length < SOME) group.ids.push(id);
  }

  /** Each with its first device read whole; one whose devices were all removed meanwhile is none. */
  async all(): Promise<readonly Affected[]> {
    const groups = [...this.#groups.values()];
    const firsts = new Map<string, KnownDevice>();
    for await (const batch of this.#fleet.devices.batchesOf(groups.flatMap(({ ids }) => ids.slice(0, 1))))
      for (const device of batch) firsts.set(device.id, device);
    return groups.flatMap((group) => {
      const device = firsts.get(group.ids[0] ?? "");
      return device ? [{ ...group, device }] : [];
    });
  }

  #mixed({ before, after }: Mixtures): string {
    if (after.length === 0) return "";
    return [...before, undefined, ...after].map((target) => this.#numberOf(target)).join(" ");
  }

  #after(device: KnownDevice): Target | undefined {
    // Of one that is halted the numbers say whether somebody decided.
    if (device.record.standing.halt || this.#proposal.spreads) return targetAfter(this.#proposal, device);
    const { views, own } = this.#proposal;
    return views.alike({ ...resolvable(device), own: own(device) });
  }

  /** Where every device has something else of its own there are as many targets as devices, which come to few. */
  #numberOf(target: Target | undefined): number {
    if (!target) return -1;
    const known = this.#known.get(target);
    if (known !== undefined) return known;
    const meaning = meaningOf(target);
    const number = this.#numbers.get(meaning) ?? this.#numbers.size;
    this.#numbers.set(meaning, number);
    this.#known.set(target, number);
    return number;
  }
}

/** What a change of it may be judged by: its packets, under which conditions, who wants which app, and what keeps devices from having it. */
function meaningOf(target: Target): string {
  const { apps, policy, windows } = target.wanted;
  const wishes = apps.map(({ name, spec }) => `${name}=${spec ?? ""}`);
  return `${target.digest} ${wishes} ${problemKey(target)} ${canonicalJson([policy, windows])}`;
}

/** True when a device leaves out the scripts of what goes: agents of earlier versions run them all the same. */
export function isUnscripted(device: Pick<KnownDevice, "record">, target: Target | undefined): boolean {
  return target?.wanted.policy.removal === "unscripted" && heededPolicy(device, target).removal !== undefined;
}

/** What keeps devices from having a target, alike for all of them; empty: nothing, as far as is known. */
export function problemKey({ wanted: { conflict }, unfulfilled, isTooLarge }: Target): string {
  if (conflict) return `${conflict.app} ${conflict.specs.join()}`;
  if (isTooLarge) return "too large";
  return unfulfilled.map(({ app }) => `${app.name} ${app.tags.join()}`).join(" ");
}
