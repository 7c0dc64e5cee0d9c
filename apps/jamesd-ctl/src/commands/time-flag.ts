import { type Option, parseDuration, parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";

/** A flag that is a time, or how long ago it was; in milliseconds since the epoch. */
export function timeFlag(help: string): Option<number> {
  return parsed({ value: "TIME", help, parse: parseTime });
}

function parseTime(given: string): number {
  if (/^\d{4}-/.test(given)) {
    const time = Date.parse(given);
    if (!Number.isNaN(time) && time >= 0) return time;
    throw new JamesError("USAGE", `${JSON.stringify(given)} is not a time`, {
      hint: "Write 2026-01-31T12:00:00Z.",
    });
  }
  return Math.max(0, Date.now() - parseDuration(given));
}
