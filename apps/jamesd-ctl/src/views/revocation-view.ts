import type { LockedOut, Revocation } from "@jamesd/protocol";
import { shortDigest } from "./packet-view.ts";
import { isoTime } from "./time.ts";

/** Whom a lock keeps out, in words. */
export function lockedText(locked: LockedOut): string {
  if (locked.kind === "name") return locked.name;
  return `the certificate ${locked.serial}${locked.issuer === null ? "" : ` of the issuer ${shortDigest(locked.issuer)}`}`;
}

/** Somebody who is locked out, for programs. */
export function revocationView({ locked, reason, author, address, time }: Revocation) {
  const { kind: _, ...whom } = locked;
  return { ...whom, reason, author, address, time: isoTime(time) };
}

/** Those who are locked out, for people. */
export function revocationTable(revocations: readonly Revocation[]) {
  const rows = revocations.map(({ locked, reason, author, time }) => [
    lockedText(locked),
    isoTime(time),
    author,
    reason,
  ]);
  return { columns: ["locked out", "since", "by", "reason"], rows };
}
