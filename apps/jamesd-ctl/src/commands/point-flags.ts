import { type Option, parseDuration, parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";

/** A flag that is a time, or how long ago it was; in milliseconds since the epoch. */
export function timeFlag(help: string): Option<number> {
  return parsed({ value: "TIME", help, parse: parseTime });
}

/** A flag that is a time, or in how long that is; in milliseconds since the epoch. */
export function comingTimeFlag(help: string): Option<number> {
  return parsed({ value: "TIME", help, parse: parseComing });
}

/** A flag whose value is the number of a revision. */
export function revisionFlag(help: string): Option<number> {
  return parsed({ value: "N", help, parse: parseRevision });
}

const AGO = "how long ago it was";
const AHEAD = "in how long that is";

function parseTime(given: string): number {
  return pointOf(given) ?? Math.max(0, Date.now() - lengthOf(given, given.replace(/\s*ago$/, ""), AGO));
}

function parseComing(given: string): number {
  return pointOf(given, AHEAD) ?? Date.now() + lengthOf(given, given.replace(/^in\s+/, ""), AHEAD);
}

/** Undefined when it is not written as one. */
function pointOf(given: string, other = AGO): number | undefined {
  if (!/^\d{4}-/.test(given)) return undefined;
  const time = Date.parse(given);
  if (!Number.isNaN(time) && time >= 0) return time;
  throw notTime(given, other);
}

function lengthOf(given: string, length: string, other: string): number {
  try {
    return parseDuration(length);
  } catch (cause) {
    throw notTime(given, other, cause);
  }
}

function notTime(given: string, other: string, cause?: unknown): JamesError {
  return new JamesError("USAGE", `${JSON.stringify(given)} is not a time`, {
    hint: `Write ${other}, as 30s, 5m, 2h or 7d, or a time as 2026-01-31T12:00:00Z.`,
    cause,
  });
}

function parseRevision(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not the number of a revision`, {
    hint: "See jamesd-ctl history.",
  });
}
