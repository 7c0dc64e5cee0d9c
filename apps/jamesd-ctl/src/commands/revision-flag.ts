import { type Option, parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";

/** A flag whose value is the number of a revision. */
export function revisionFlag(help: string): Option<number> {
  return parsed({ value: "N", help, parse: parseRevision });
}

function parseRevision(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not the number of a revision`, {
    hint: "See jamesd-ctl history.",
  });
}
