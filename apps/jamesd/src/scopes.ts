import { JamesError, parseScope, type Scope } from "@jamesd/model";
import { z } from "zod";

const wordsSchema = z.union([z.string().transform(splitWords), z.array(z.string())]);
const scopesSchema = z.record(
  z.string(),
  z.strictObject({ devices: wordsSchema, packets: wordsSchema.default([]) }),
);

/** Reads what of the fleet operators may change, by their names: `{alice: {devices: [given:lab], packets: [acme-]}}`. @throws JamesError SCOPE_INVALID, naming whose it is */
export function parseScopes(value: unknown): ReadonlyMap<string, Scope> {
  const parsed = scopesSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new JamesError("SCOPE_INVALID", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown"}`, {
      hint: "Write NAME: {devices: [given:lab], packets: [acme-]}.",
    });
  }
  return new Map(Object.entries(parsed.data).map(([name, words]) => [name, scopeOf(name, words)]));
}

function scopeOf(name: string, words: z.output<typeof scopesSchema>[string]): Scope {
  try {
    return parseScope(words);
  } catch (cause) {
    const { message, hint } = JamesError.from(cause);
    throw new JamesError("SCOPE_INVALID", `${name}: ${message}`, { hint, cause });
  }
}

function splitWords(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}
