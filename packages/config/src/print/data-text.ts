import { Document, visit } from "yaml";

// What steers a terminal, or is not seen there, and is not escaped anyway: a device may send any text.
const UNSEEN = /[\x7F-\x9F]|\p{Cf}|\p{Zl}|\p{Zp}/u;
const EACH_UNSEEN = new RegExp(UNSEEN, "gu");

// As in the seed: lists are not indented under their keys. Texts that an older reader of YAML would take for something
// else (`yes`, `1_000`) are quoted too, and a long one stays on its line.
const YAML_CONTENT = { aliasDuplicateObjects: false, compat: "yaml-1.1" } as const;
const YAML_STYLE = { indentSeq: false, lineWidth: 0 } as const;

/** A value in JSON, over several lines when there is an indent; unseen characters are escaped. */
export function jsonText(data: unknown, indent?: number): string {
  // Outside of texts JSON has none of them.
  return `${JSON.stringify(data, null, indent)}\n`.replace(EACH_UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, i) => escaped("u", character.charCodeAt(i), 4)).join(""),
  );
}

/** A value in YAML; unseen characters are escaped. */
export function yamlText(data: unknown): string {
  const document = new Document(data, null, YAML_CONTENT);
  visit(document, {
    Scalar(_key, scalar) {
      // Only within double quotes an escape is one.
      if (typeof scalar.value === "string" && UNSEEN.test(scalar.value)) scalar.type = "QUOTE_DOUBLE";
    },
  });
  return document
    .toString(YAML_STYLE)
    .replace(EACH_UNSEEN, (character) => escaped("U", character.codePointAt(0) ?? 0, 8));
}

function escaped(letter: "u" | "U", code: number, digits: number): string {
  return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
}
