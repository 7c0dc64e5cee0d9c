import type { RolloutDevice } from "@jamesd/model";
import { Slices } from "../running/slices.ts";
import { type Device, haltOf, isPossible, type KnownDevice, resolvable } from "./device.ts";
import type { KnownFleet } from "./fleet.ts";
import type { OwnVersion } from "./resolver.ts";
import { sameForDevice, type Target } from "./target.ts";
import type { Views } from "./views.ts";

/** Who was not heard of for so long comes last. */
const ASLEEP_MS = 24 * 3_600_000;

/** What devices should have, other than as it counts now. */
export interface Supposed {
  readonly views: Views;
  readonly own: (device: Pick<Device, "id" | "own">) => OwnVersion | undefined;
}

/** A device to which a rollout brings something else, and what that makes of what it should have. */
export interface Brought {
  readonly device: KnownDevice;
  readonly without: Target | undefined;
  readonly next: Target;
}

/** The devices that a rollout is for, by id, some at a time: of those that it brings something else who can have it. @param supposed as of `broughtBy` */
export async function* inPopulation(
  fleet: Pick<KnownFleet, "devices" | "targets">,
  revision: number,
  supposed?: Supposed,
): AsyncGenerator<readonly Brought[]> {
  for await (const some of broughtBy(fleet, revision, supposed)) yield some.filter(canHave);
}

/** True when it can have that. */
export function canHave({ device, next }: Brought): boolean {
  return !haltOf(device, next) && isPossible(device, next);
}

/**
 * The devices to which a rollout brings something else, by id, some at a time. Those that are admitted already are among
 * them. @param supposed by which it is judged before it is made
 */
export async function* broughtBy(
  { devices, targets }: Pick<KnownFleet, "devices" | "targets">,
  revision: number,
  { views, own }: Supposed = { views: targets.current, own: (device) => device.own },
): AsyncGenerator<readonly Brought[]> {
  const slices = new Slices();
  for await (const batch of devices.sketches("", (member) => views.isAbout(member, revision))) {
    const found: Brought[] = [];
    for (const device of batch) {
      if (slices.isOver) await slices.next();
      const { without, next } = views.beside({ ...resolvable(device), own: own(device) }, revision);
      // Without a target it is left alone with what it has.
      if (next && !sameForDevice(without, next)) found.push({ device, without, next });
    }
    yield found;
  }
}

/** The same devices, with what waves are chosen by. */
export async function population(
  fleet: KnownFleet,
  revision: number,
  now: number,
  supposed?: Supposed,
): Promise<readonly RolloutDevice[]> {
  const found: RolloutDevice[] = [];
  for await (const some of inPopulation(fleet, revision, supposed))
    for (const { device } of some) found.push(rolloutDevice(device, fleet, now));
  return found;
}

/** A device with what waves are chosen by. */
export function rolloutDevice(
  { id, tagSet, record }: KnownDevice,
  { presence }: Pick<KnownFleet, "presence">,
  now: number,
): RolloutDevice {
  const isAsleep = now - (presence.heard(id) ?? record.lastSeen) >= ASLEEP_MS;
  return { id, tags: tagSet.set, isAsleep };
}
