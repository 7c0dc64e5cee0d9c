import { type Option, parseDuration, parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";

/** A flag that is a time, or how long ago it was; in milliseconds since the epoch. */
export function timeFlag(help: string): Option<number> {
  return parsed({ value: "TIME", help, parse: parseTime });
}

/** A flag whose value is the number of a revision. */
export function revisionFlag(help: string): Option<number> {
  return parsed({ value: "N", help, parse: parseRevision });
}

function parseTime(given: string): number {
  if (/^\d{4}-/.test(given)) {
    const time = Date.parse(given);
    if (!Number.isNaN(time) && time >= 0) return time;
    throw notTime(given);
  }
  return Math.max(0, Date.now() - lengthOf(given.replace(/\s*ago$/, "")));
}

function lengthOf(given: string): number {
  try {
    return parseDuration(given);
  } catch (cause) {
    throw notTime(given, cause);
  }
}

function notTime(given: string, cause?: unknown): JamesError {
  return new JamesError("USAGE", `${JSON.stringify(given)} is not a time`, {
    hint: "Write how long ago it was, as 30s, 5m, 2h or 7d, or a time as 2026-01-31T12:00:00Z.",
    cause,
  });
}

function parseRevision(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not the number of a revision`, {
    hint: "See jamesd-ctl history.",
  });
}
