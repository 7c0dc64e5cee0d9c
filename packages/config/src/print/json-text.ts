import { escaped, escapeEachUnseen } from "./unseen.ts";

/** A value in JSON, over several lines when there is an indent; unseen characters are escaped. */
export function jsonText(data: unknown, indent?: number): string {
  // Outside of texts JSON has none of them.
  return escapeEachUnseen(`${JSON.stringify(data, null, indent)}\n`, (character) =>
    Array.from({ length: character.length }, (_, i) => escaped("u", character.charCodeAt(i), 4)).join(""),
  );
}
