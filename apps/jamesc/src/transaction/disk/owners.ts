import type { Packet, Policy } from "@jamesd/model";

/** The way out where an owner cannot be set. */
export const OWNER_HINT =
  "Where its file system knows no owners (vfat), or jamesc may not give files away: write `owners: ignore` into the desired state, or add the packet with --owners ignore.";

/** What has an owner. */
export interface Owned {
  readonly uid: number;
  readonly gid: number;
}

/** To chown(2): leave it as it is. */
const LEAVE = -1;

/** Tells what owner the things of a packet get: theirs, or with `owners: ignore` whatever the device gives them. The desired state's word counts more than the packet's. */
export function ownersOf(packet: Pick<Packet, "policy">, { owners }: Policy): <T extends Owned>(of: T) => T {
  const isIgnored = (owners ?? packet.policy.owners) === "ignore";
  return (of) => (isIgnored ? { ...of, uid: LEAVE, gid: LEAVE } : of);
}

/** What counts here for the owners of an installed app's things; nothing where an earlier jamesc wrote, who did not say: then the packet decides. */
export function ownersHere(ownerless: readonly string[] | null, app: string): Policy {
  return ownerless ? { owners: ownerless.includes(app) ? "ignore" : "keep" } : {};
}

/** True when somebody has to give it that owner: only root can, and what is to be left needs nothing. */
export function needsOwner({ uid }: Owned): boolean {
  return process.geteuid?.() === 0 && uid !== LEAVE;
}

/** True when something has the owner that it should have. Only root gives files away: for another user everything is its own. */
export function hasOwner({ uid, gid }: Owned, wanted: Owned): boolean {
  return (uid === wanted.uid && gid === wanted.gid) || !needsOwner(wanted);
}
