import { z } from "zod";

/**
 * What a schema makes of a value from outside; whatever that is, nothing is thrown. A schema's checks look at values of a
 * wrong type as well, and what has a `length` or `toString` of its own can make that fail: it does not fit either.
 */
export function safeParse<S extends z.ZodType>(
  schema: S,
  value: unknown,
): z.ZodSafeParseSuccess<z.output<S>> | z.ZodSafeParseError<unknown> {
  try {
    return schema.safeParse(value);
  } catch {
    return unreadable(value);
  }
}

/** What is said of a value that made a check fail. */
export function unreadable(input: unknown): z.ZodSafeParseError<unknown> {
  const message = "it holds what cannot be read";
  return { success: false, error: new z.ZodError([{ code: "custom", path: [], message, input }]) };
}
