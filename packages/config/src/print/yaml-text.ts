import { Document, visit } from "yaml";
import { escaped, escapeEachUnseen, hasUnseen } from "./unseen.ts";

// As in the seed: lists are not indented under their keys. Texts that an older reader of YAML would take for something
// else (`yes`, `1_000`) are quoted too, and a long one stays on its line.
const YAML_CONTENT = { aliasDuplicateObjects: false, compat: "yaml-1.1" } as const;
const YAML_STYLE = { indentSeq: false, lineWidth: 0 } as const;

/** A value in YAML; unseen characters are escaped. */
export function yamlText(data: unknown): string {
  const document = new Document(data, null, YAML_CONTENT);
  visit(document, {
    Scalar(_key, scalar) {
      // Only within double quotes an escape is one.
      if (typeof scalar.value === "string" && hasUnseen(scalar.value)) scalar.type = "QUOTE_DOUBLE";
    },
  });
  return escapeEachUnseen(document.toString(YAML_STYLE), (character) =>
    escaped("U", character.codePointAt(0) ?? 0, 8),
  );
}
