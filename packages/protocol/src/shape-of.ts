import { z } from "zod";
import type { Shape } from "./shape.ts";

/** What a shape takes over of a JSON Schema. */
const KEPT = new Set([
  "type",
  "properties",
  "required",
  "propertyNames",
  "additionalProperties",
  "items",
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "pattern",
  "minimum",
  "maximum",
  "anyOf",
  "const",
  "enum",
  "not",
  "default",
]);
/** What only people read, or what a pattern beside it says as well. */
const SAID_ELSEWHERE = new Set(["$schema", "$defs", "id", "description", "format", "contentEncoding"]);

type Node = Readonly<Record<string, unknown>>;

/**
 * The shape by which an answer of this schema is read: as the schema has it, but what the other side says besides is
 * passed over, also by one that is strict with what comes in. Whoever answers may be newer: what it has to say more must
 * not make what it says unreadable. @throws Error of a schema that a shape cannot say
 */
export function shapeOf(schema: z.ZodType): Shape {
  // As it may be written: what has a default may be left out.
  const whole = z.toJSONSchema(schema, { io: "input", unrepresentable: "throw" }) as Node;
  return convert(whole, (whole.$defs ?? {}) as Readonly<Record<string, Node>>) as Shape;
}

function convert(node: Node, nouns: Readonly<Record<string, Node>>): Node {
  const { $ref, oneOf, ...own } = node;
  const noun = typeof $ref === "string" ? nouns[$ref.replace("#/$defs/", "")] : undefined;
  if (Array.isArray(own.type)) return { anyOf: own.type.map((type) => convert({ ...own, type }, nouns)) };
  const said: Node = {
    ...(noun && convert(noun, nouns)),
    ...own,
    ...(oneOf !== undefined && { anyOf: oneOf }),
  };
  return Object.fromEntries(
    Object.entries(said).flatMap(([key, value]) => {
      if (SAID_ELSEWHERE.has(key) || (key === "additionalProperties" && typeof value !== "object")) return [];
      if (!KEPT.has(key)) throw new Error(`a shape does not know ${key} of JSON Schema`);
      return [[key, convertIn(key, value, nouns)]];
    }),
  );
}

function convertIn(key: string, value: unknown, nouns: Readonly<Record<string, Node>>): unknown {
  switch (key) {
    case "properties":
      return Object.fromEntries(
        Object.entries(value as Record<string, Node>).map(([name, one]) => [name, convert(one, nouns)]),
      );
    case "anyOf":
      return (value as readonly Node[]).map((one) => convert(one, nouns));
    case "items":
    case "propertyNames":
    case "additionalProperties":
      return convert(value as Node, nouns);
    default:
      return value;
  }
}
