import { z } from "zod";

/** Where there are lists in what a schema is of, and what it says besides of their items. */
export type Lists = ListsOfObject | List | Choice;

interface Besides {
  /** As the schema, but for the items of lists: those have been judged. */
  readonly rest: z.ZodType;
}

interface ListsOfObject extends Besides {
  readonly kind: "object";
  readonly parts: readonly { readonly key: string; readonly of: Lists }[];
}

/** A list, and its items. */
export interface List extends Besides {
  readonly kind: "list";
  /** What each item has to be. */
  readonly item: z.ZodType;
  /** Where there are lists in each. */
  readonly inside: Lists | undefined;
  /** How many there may be. */
  readonly most: number;
}

/** One of several, by what a member says. */
interface Choice extends Besides {
  readonly kind: "choice";
  readonly choose: (value: object) => Lists | undefined;
}

/** An item that does not fit, with what is wrong with it. */
export class Misfit {
  readonly issues: readonly z.core.$ZodIssue[];

  constructor(issues: readonly z.core.$ZodIssue[]) {
    this.issues = issues;
  }
}

const JUDGED = z.unknown().check(({ value, issues }) => {
  // They say what they are of by themselves, but for where it is.
  if (value instanceof Misfit) issues.push(...(value.issues as z.core.$ZodRawIssue[]));
});

const known = new WeakMap<z.core.$ZodType, Lists | null>();

/** Undefined: there are none. */
export function listsOf(schema: z.core.$ZodType): Lists | undefined {
  const before = known.get(schema);
  if (before !== undefined) return before ?? undefined;
  const found = findLists(schema);
  known.set(schema, found ?? null);
  return found;
}

/** True of a value in which a list has more than a few items. */
export function mayHaveMany(lists: Lists, value: unknown, few: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (lists.kind === "list") {
    if (!Array.isArray(value)) return false;
    const inside = listsOf(lists.item);
    return (
      value.length > few || (inside !== undefined && value.some((item) => mayHaveMany(inside, item, few)))
    );
  }
  if (lists.kind === "choice") {
    const chosen = lists.choose(value);
    return chosen !== undefined && mayHaveMany(chosen, value, few);
  }
  return lists.parts.some(({ key, of }) => mayHaveMany(of, (value as Record<string, unknown>)[key], few));
}

function findLists(schema: z.core.$ZodType): Lists | undefined {
  if (schema instanceof z.ZodArray) return listOf(schema);
  if (schema instanceof z.ZodObject) return objectOf(schema);
  if (schema instanceof z.ZodDiscriminatedUnion) return choiceOf(schema);
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable))
    return undefined;
  const inner = listsOf(schema.def.innerType);
  const rest = inner && (schema as z.ZodType).clone({ ...schema.def, innerType: inner.rest } as never);
  return rest && { ...inner, rest };
}

function listOf(schema: z.ZodArray): List {
  const { checks = [], element } = schema.def;
  const bounds = checks.map(({ _zod: { def } }) =>
    def.check === "max_length" ? (def as z.core.$ZodCheckMaxLengthDef).maximum : Number.POSITIVE_INFINITY,
  );
  return {
    kind: "list",
    item: element as z.ZodType,
    inside: listsOf(element),
    most: Math.min(...bounds),
    rest: schema.clone({ ...schema.def, element: JUDGED }),
  };
}

function objectOf(schema: z.ZodObject): ListsOfObject | undefined {
  const parts: { readonly key: string; readonly of: Lists }[] = [];
  const shape: Record<string, z.core.$ZodType> = { ...schema.def.shape };
  for (const [key, of] of Object.entries(schema.def.shape)) {
    const lists = listsOf(of);
    if (!lists) continue;
    parts.push({ key, of: lists });
    shape[key] = lists.rest;
  }
  return parts.length === 0
    ? undefined
    : { kind: "object", parts, rest: schema.clone({ ...schema.def, shape }) };
}

function choiceOf(schema: z.ZodDiscriminatedUnion): Choice | undefined {
  const { options, discriminator } = schema.def;
  const chosen = new Map<unknown, Lists>();
  for (const option of options) {
    const lists = listsOf(option);
    if (lists) for (const said of option._zod.propValues?.[discriminator] ?? []) chosen.set(said, lists);
  }
  if (chosen.size === 0) return undefined;
  return {
    kind: "choice",
    choose: (value) => chosen.get((value as Record<string, unknown>)[discriminator]),
    rest: schema.clone({
      ...schema.def,
      options: options.map((option) => listsOf(option)?.rest ?? option),
    } as never),
  };
}
