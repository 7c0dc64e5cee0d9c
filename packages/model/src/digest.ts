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
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    const object = inner as Record<string, unknown>;
    return Object.fromEntries(
      Object.keys(object)
        .sort()
        .map((key) => [key, object[key]]),
    );
  });
}

/** The digest of a value's canonical JSON. `kind` keeps digests of different nouns apart. */
export function digestOf(kind: string, value: unknown): Digest {
  return sha256(`${kind}\n${canonicalJson(value)}`);
}
