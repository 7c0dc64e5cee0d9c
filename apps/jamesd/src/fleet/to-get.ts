import type { Digest } from "@jamesd/model";
import type { Member } from "./member.ts";

/**
 * True when a device is to get a packet, by what is wanted for it or by the plan that it was sent, and, where `base` is
 * given, has that one, by what it reported.
 */
export function isToGet(member: Member | undefined, packet: Digest, base?: Digest): boolean {
  if (!member) return false;
  const has =
    (apps: readonly { readonly digest: Digest }[] = []) =>
    (digest: Digest) =>
      apps.some((app) => app.digest === digest);
  const isWanted = has(member.target?.apps)(packet) || has(member.sent)(packet);
  return isWanted && (base === undefined || has(member.record?.state.apps)(base));
}
