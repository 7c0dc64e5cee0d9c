import type { Steps } from "@jamesd/model";
import type { z } from "zod";
import { type List, type Lists, listsOf, Misfit, mayHaveMany } from "./lists-of.ts";
import { unreadable } from "./safe-parse.ts";

const FEW = 100;

/**
 * The same as `safeParse`, in steps: one for each item of lists that may have many. Of a list it looks no further than the
 * first item that does not fit, and of one that is too long at none: as much may be wrong as there is memory, and all
 * would be told.
 * @param few lists of no more items are judged at once
 */
export function* parseInSteps(
  schema: z.ZodType,
  value: unknown,
  few = FEW,
): Steps<z.ZodSafeParseResult<unknown>> {
  try {
    return yield* parsed(schema, value, few);
  } catch {
    return unreadable(value);
  }
}

function* parsed(schema: z.ZodType, value: unknown, few: number): Steps<z.ZodSafeParseResult<unknown>> {
  const lists = listsOf(schema);
  if (!lists || !mayHaveMany(lists, value, few)) return schema.safeParse(value);
  return lists.rest.safeParse(yield* itemsJudged(lists, value, few));
}

/** The value with the items of its lists as they were found to be. */
function* itemsJudged(lists: Lists, value: unknown, few: number): Steps<unknown> {
  if (typeof value !== "object" || value === null) return value;
  if (lists.kind === "list")
    return Array.isArray(value) && value.length <= lists.most ? yield* judged(lists, value, few) : value;
  if (lists.kind === "choice") {
    const chosen = lists.choose(value);
    return chosen ? yield* itemsJudged(chosen, value, few) : value;
  }
  if (Array.isArray(value)) return value;
  const copy: Record<string, unknown> = { ...value };
  for (const { key, of } of lists.parts)
    if (Object.hasOwn(copy, key)) copy[key] = yield* itemsJudged(of, copy[key], few);
  return copy;
}

function* judged(
  { item: schema, inside }: List,
  list: readonly unknown[],
  few: number,
): Steps<readonly unknown[]> {
  const items: unknown[] = [];
  for (const item of list) {
    const isLong = inside && mayHaveMany(inside, item, few);
    const { success, data, error } = isLong ? yield* parsed(schema, item, few) : schema.safeParse(item);
    yield;
    if (!success) return [...items, new Misfit(error.issues)];
    items.push(data);
  }
  return items;
}
