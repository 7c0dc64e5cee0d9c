import { z } from "zod";

/**
 * The schema by which an answer is read: as the one it is made of, but what the other side says besides is passed over.
 * Whoever answers may be newer: what it has to say more must not make what it says unreadable. What comes in as a wish
 * is read by the strict one: a part of it that is not understood must not be passed over.
 */
export function tolerant<T extends z.ZodType>(schema: T): T {
  return open(schema) as T;
}

/** A word of a list that later versions may make longer, where it is only shown or compared: an unknown one is read as it is. */
export function openWord<const W extends readonly string[]>(words: W) {
  return z
    .string()
    .max(64)
    .meta({
      description: `one of ${words.join(", ")}; later versions may have more`,
    }) as unknown as z.ZodType<W[number] | (string & {})>;
}

// By hand for each kind of schema that has others in it; a test sees to it that no kind of the protocol is left out.
function open(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = (schema as z.ZodType)._zod as { def: z.core.$ZodTypes["_zod"]["def"] };
  switch (def.type) {
    case "object": {
      const shape = Object.fromEntries(Object.entries(def.shape).map(([key, inner]) => [key, open(inner)]));
      const { catchall, ...rest } = def;
      const isStrict = catchall?._zod.def.type === "never";
      return z.core.clone(schema, { ...rest, shape, ...(!isStrict && { catchall }) } as never);
    }
    case "array":
      return z.core.clone(schema, { ...def, element: open(def.element) } as never);
    case "union":
      return z.core.clone(schema, { ...def, options: def.options.map(open) } as never);
    case "record":
      return z.core.clone(schema, { ...def, valueType: open(def.valueType) } as never);
    case "optional":
    case "nullable":
    case "default":
      return z.core.clone(schema, { ...def, innerType: open(def.innerType) } as never);
    default:
      return schema;
  }
}
