import { createHash } from "node:crypto";

/** A SHA-256 (FIPS 180-4) in 64 lower-case hexadecimal digits. */
export type Digest = string;

const DIGEST = /^[0-9a-f]{64}$/;

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** The SHA-256 of bytes or of a text's UTF-8 form. */
export function sha256(content: string | Uint8Array): Digest {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * JSON with the keys of every object in code-unit order and no white space, so that equal values give equal bytes
 * on every machine (the idea of RFC 8785, for values without fractions). Fields that are undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value));
}

// What was read from such JSON is in order: of the entries of a manifest none is made anew then.
function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(inOrder);
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object);
  if (isFlatInOrder(object, keys)) return object;
  const inner = keys.map((key) => inOrder(object[key]));
  const isInOrder = keys.every(
    (key, at) => inner[at] === object[key] && (at === 0 || (keys[at - 1] as string) < key),
  );
  if (isInOrder) return object;
  const sorted = keys.map((key, at) => [key, inner[at]] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted);
}

function isFlatInOrder(object: Record<string, unknown>, keys: readonly string[]): boolean {
  let previous = "";
  for (const key of keys) {
    const value = object[key];
    if (key < previous || (typeof value === "object" && value !== null)) return false;
    previous = key;
  }
  return true;
}

/** The digest of a value's canonical JSON. `kind` keeps digests of different nouns apart. */
export function digestOf(kind: string, value: unknown): Digest {
  return createHash("sha256").update(`${kind}\n`).update(canonicalJson(value)).digest("hex");
}
