import type { Revocation } from "@jamesd/protocol";
import { isoTime, lockedText } from "@jamesd/protocol/words";

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
