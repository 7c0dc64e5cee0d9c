import type { Enrollment, EnrollToken } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";

/** So many digits of a key's fingerprint nobody finds another key for: 64 bits. */
export const KEY_DIGITS = 16;

/** Which key it is, for people. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, KEY_DIGITS);
}

/** A token for programs: without its secret, which is printed once. */
export function enrollTokenView({
  token,
  id,
  prefix,
  tags,
  uses,
  used,
  ends,
  lastUsed,
  author,
  time,
}: EnrollToken) {
  return {
    token,
    ...(id !== null && { id }),
    ...(prefix !== null && { prefix }),
    ...(tags.length > 0 && { tags }),
    ...{ uses, used, ends: isoTime(ends), lastUsed: lastUsed === null ? null : isoTime(lastUsed) },
    ...{ author, time: isoTime(time) },
  };
}

/** The tokens, for people; `now` in milliseconds. */
export function enrollTokenTable(tokens: readonly EnrollToken[], now: number) {
  const rows = tokens.map(({ token, id, prefix, tags, uses, used, ends, lastUsed, author }) => [
    token,
    id ?? (prefix === null ? "(any)" : `${prefix}*`),
    tags.join(","),
    ends <= now ? "ended" : String(uses - used),
    isoTime(ends),
    lastUsed === null ? "never" : isoTime(lastUsed),
    author,
  ]);
  return { columns: ["token", "for", "tags", "uses left", "ends", "last use", "by"], rows };
}

/** Somebody who wants to join, for programs. */
export function enrollmentView({
  id,
  fingerprint,
  state,
  taken,
  tags,
  token,
  request,
  address,
  time,
  ends,
}: Enrollment) {
  return {
    ...{ id, fingerprint, state, taken, asked: request !== null },
    ...(tags.length > 0 && { tags }),
    ...(token !== null && { token }),
    ...{ address, time: isoTime(time), ends: isoTime(ends) },
  };
}

/** Those who want to join, for people. */
export function enrollmentTable(enrollments: readonly Enrollment[]) {
  const rows = enrollments.map((one) => [
    one.id,
    shortFingerprint(one.fingerprint),
    standing(one),
    one.tags.join(","),
    one.address,
    isoTime(one.time),
  ]);
  return { columns: ["id", "key", "state", "tags", "from", "since"], rows };
}

function standing({ state, taken, request }: Enrollment): string {
  if (state === "approved") return request === null ? "approved, has not asked" : "approved, not signed";
  return taken ? `${state}; another key has this id` : state;
}
