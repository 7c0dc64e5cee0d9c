import type { Steps } from "@jamesd/model";
import { z } from "zod";
import { safeParse, unreadable } from "./safe-parse.ts";

/** What a schema says of a list, when its items have been judged. */
interface InSteps {
  /** As the schema, but for the items of lists. */
  readonly rest: z.ZodObject;
  /** The lists, by their keys. */
  readonly lists: ReadonlyMap<string, List>;
}

interface List {
  /** What each item has to be. */
  readonly item: z.ZodType;
  /** How many there may be. */
  readonly most: number;
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

/**
 * The same as `safeParse`, in steps: one for each item of the lists that an object has. Of a list it looks no further than
 * the first item that does not fit: of the others as much may be wrong as there is memory.
 */
export function* parseInSteps(schema: z.ZodType, value: unknown): Steps<z.ZodSafeParseResult<unknown>> {
  const inSteps = known.get(schema) ?? inStepsOf(schema);
  known.set(schema, inSteps);
  if (!inSteps || typeof value !== "object" || value === null || Array.isArray(value))
    return safeParse(schema, value);
  const judged: Record<string, unknown> = { ...value };
  try {
    for (const [key, { item, most }] of inSteps.lists) {
      const list = judged[key];
      // Of more than may be no item is looked at: there may be millions.
      if (Array.isArray(list) && list.length <= most) judged[key] = yield* judgeItems(item, list);
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
    yield;
    if (!success) return [...judged, new Misfit(error.issues)];
    judged.push(data);
  }
  return judged;
}

/** How to judge in steps what a schema is of; null: there are no lists in it. */
function inStepsOf(schema: z.ZodType): InSteps | null {
  if (!(schema instanceof z.ZodObject)) return null;
  const lists = new Map<string, List>();
  const shape: Record<string, z.core.$ZodType> = { ...schema.def.shape };
  for (const [key, of] of Object.entries(schema.def.shape)) {
    const list = listOf(of);
    if (!list) continue;
    lists.set(key, list);
    shape[key] = list.rest;
  }
  return lists.size === 0 ? null : { rest: schema.clone({ ...schema.def, shape }), lists };
}

/** A schema of a list, which may be left out, without that of its items. */
function listOf(schema: z.core.$ZodType): (List & { readonly rest: z.ZodType }) | undefined {
  if (schema instanceof z.ZodArray) {
    const rest = schema.clone({ ...schema.def, element: JUDGED });
    return { item: schema.def.element as z.ZodType, most: mostOf(schema), rest };
  }
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)) return undefined;
  const inner = listOf(schema.def.innerType);
  const clone = inner && (schema as z.ZodType).clone({ ...schema.def, innerType: inner.rest } as never);
  return clone && { ...inner, rest: clone };
}

function mostOf({ def: { checks = [] } }: z.ZodArray): number {
  const bounds = checks.map(({ _zod: { def } }) =>
    def.check === "max_length" ? (def as z.core.$ZodCheckMaxLengthDef).maximum : Number.POSITIVE_INFINITY,
  );
  return Math.min(...bounds);
}
