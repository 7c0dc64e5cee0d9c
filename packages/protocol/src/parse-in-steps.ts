import type { Steps } from "@jamesd/model";
import { z } from "zod";
import { safeParse, unreadable } from "./safe-parse.ts";

/** What a schema says of a list, when its items have been judged. */
interface InSteps {
  /** As the schema, but for the items of lists. */
  readonly rest: z.ZodObject;
  /** What each item of a list has to be, by the key of the list. */
  readonly items: ReadonlyMap<string, z.ZodType>;
}

/** An item that does not fit, with what is wrong with it. */
class Misfit {
  readonly issues: readonly z.core.$ZodIssue[];

  constructor(issues: readonly z.core.$ZodIssue[]) {
    this.issues = issues;
  }
}

const JUDGED = z.unknown().check(({ value, issues }) => {
  // They say what they are of by themselves, but for where it is.
  if (value instanceof Misfit) issues.push(...(value.issues as z.core.$ZodRawIssue[]));
});

const known = new WeakMap<z.ZodType, InSteps | null>();

/** The same as `safeParse`, in steps: one for each item of the lists that an object has. */
export function* parseInSteps(schema: z.ZodType, value: unknown): Steps<z.ZodSafeParseResult<unknown>> {
  const inSteps = known.get(schema) ?? inStepsOf(schema);
  known.set(schema, inSteps);
  if (!inSteps || typeof value !== "object" || value === null || Array.isArray(value))
    return safeParse(schema, value);
  const judged: Record<string, unknown> = { ...value };
  try {
    for (const [key, item] of inSteps.items) {
      const list = judged[key];
      if (Array.isArray(list)) judged[key] = yield* judgeItems(item, list);
    }
    return inSteps.rest.safeParse(judged);
  } catch {
    return unreadable(value);
  }
}

function* judgeItems(schema: z.ZodType, list: readonly unknown[]): Steps<readonly unknown[]> {
  const judged: unknown[] = [];
  for (const item of list) {
    const { success, data, error } = schema.safeParse(item);
    judged.push(success ? data : new Misfit(error.issues));
    yield;
  }
  return judged;
}

/** How to judge in steps what a schema is of; null: there are no lists in it. */
function inStepsOf(schema: z.ZodType): InSteps | null {
  if (!(schema instanceof z.ZodObject)) return null;
  const items = new Map<string, z.ZodType>();
  const shape: Record<string, z.core.$ZodType> = { ...schema.def.shape };
  for (const [key, of] of Object.entries(schema.def.shape)) {
    const list = listOf(of);
    if (!list) continue;
    items.set(key, list.item);
    shape[key] = list.rest;
  }
  return items.size === 0 ? null : { rest: schema.clone({ ...schema.def, shape }), items };
}

/** A schema of a list, which may be left out, without that of its items. */
function listOf(schema: z.core.$ZodType): { readonly item: z.ZodType; readonly rest: z.ZodType } | undefined {
  if (schema instanceof z.ZodArray)
    return { item: schema.def.element as z.ZodType, rest: schema.clone({ ...schema.def, element: JUDGED }) };
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)) return undefined;
  const inner = listOf(schema.def.innerType);
  const clone = inner && (schema as z.ZodType).clone({ ...schema.def, innerType: inner.rest } as never);
  return clone && { item: inner.item, rest: clone };
}
