import { type Option, parsed } from "@jamesd/config";
import { JamesError, parseTagList, type Tag } from "@jamesd/model";

/** A list of tags as the seed writes it, `v1.0.0,armv7l`, or as it is printed, with blanks after the commas. */
export function tagList(described: { readonly help: string }): Option<readonly Tag[]> {
  const parse = (text: string): readonly Tag[] => parseTagList(text.trim().replaceAll(/\s*,\s*/g, ","));
  return parsed({ value: "LIST", help: described.help, parse });
}

/** Some of a few words, with commas between; a text again, as the protocol has it. */
export function wordList(described: {
  readonly help: string;
  readonly words: readonly string[];
}): Option<string> {
  const parse = (text: string): string => {
    const given = text.split(",").map((word) => word.trim());
    const unknown = given.find((word) => !described.words.includes(word));
    if (unknown === undefined) return given.join(",");
    throw new JamesError("USAGE", `${JSON.stringify(unknown)} is not one of the words allowed`, {
      hint: `Say one or more of ${described.words.join(", ")}, with commas between.`,
    });
  };
  const { help, words } = described;
  return parsed({ value: "LIST", help: `${help}: ${words.join(", ")}`, words, parse });
}
