import assert from "node:assert/strict";
import { test } from "node:test";
import { formatToken, parseToken, tokenHash } from "@jamesd/pki/token";
import fc from "fast-check";

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
const PARTS = {
  id: fc.uint8Array({ minLength: 6, maxLength: 16 }).map(base64url),
  secret: fc.uint8Array({ minLength: 16, maxLength: 64 }).map(base64url),
  authority: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((some) => Buffer.from(some).toString("hex")),
};
const TOKENS = fc.record(PARTS, { noNullPrototype: true });

test("law: a token that was written is read as it was", () => {
  fc.assert(
    fc.property(TOKENS, (token) => {
      assert.deepEqual(parseToken(formatToken(token)), token);
      assert.deepEqual(parseToken(` ${formatToken(token)}\n`), token);
    }),
  );
});

test("law: what is read as a token is written so", () => {
  const part = fc.string({ unit: fc.constantFrom(..."AZaz09-_.="), minLength: 0, maxLength: 48 });
  fc.assert(
    fc.property(fc.tuple(part, part, part), (parts) => {
      const text = parts.join(".");
      try {
        assert.equal(formatToken(parseToken(text)), text);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "USAGE");
      }
    }),
  );
});

test("what is no token is refused without being shown", () => {
  const token = formatToken({ id: "tok1", secret: "s".repeat(43), authority: "0".repeat(64) });
  for (const text of [
    "",
    "a.b.c",
    token.slice(0, -1),
    `${token}A`,
    token.replace(".", ","),
    `${token.slice(0, -1)}B`,
  ])
    assert.throws(
      () => parseToken(text),
      (error: Error & { code?: string }) => error.code === "USAGE" && !error.message.includes("sss"),
      text,
    );
});

test("what is kept of a secret is its SHA-256", () => {
  assert.equal(tokenHash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
