import { z } from "zod";

/** A word of a list that later versions may make longer, where it is only shown or compared: an unknown one is read as it is. */
export function openWord<const W extends readonly string[]>(words: W) {
  return z
    .string()
    .max(64)
    .meta({
      description: `one of ${words.join(", ")}; later versions may have more`,
    }) as unknown as z.ZodType<W[number] | (string & {})>;
}
