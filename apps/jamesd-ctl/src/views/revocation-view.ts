import { shortDigest } from "@jamesd/model";
import type { Revocation } from "@jamesd/protocol";
import { isoTime, lockedText } from "@jamesd/protocol/words";

/** Somebody who is locked out, for programs. */
export function revocationView({ locked, reason, author, address, time, holders }: Revocation) {
  const { kind: _, ...whom } = locked;
  return { ...whom, ...(holders && { holders }), reason, author, address, time: isoTime(time) };
}

/** Those who are locked out, for people. */
export function revocationTable(revocations: readonly Revocation[]) {
  const rows = revocations.map(({ locked, reason, author, time, holders = [] }) => [
    [lockedText(locked), ...holders.map(holderText)].join(", "),
    isoTime(time),
    author,
    reason,
  ]);
  return { columns: ["locked out", "since", "by", "reason"], rows };
}

function holderText({ device, fingerprint }: NonNullable<Revocation["holders"]>[number]): string {
  return `of ${device}, key ${shortDigest(fingerprint)}`;
}
