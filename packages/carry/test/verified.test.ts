import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError, sha256 } from "@jamesd/model";
import fc from "fast-check";
import { verified } from "../src/verified.ts";

async function* chunks(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const passed: Uint8Array[] = [];
  for await (const chunk of content) passed.push(chunk);
  return Buffer.concat(passed);
}

const isMismatch = (error: unknown) => error instanceof JamesError && error.code === "DIGEST_MISMATCH";
const bytes = fc.uint8Array({ maxLength: 200 });
const piece = fc.integer({ min: 1, max: 50 });

test("what it must be passes as it is, in whatever pieces", () =>
  fc.assert(
    fc.asyncProperty(bytes, piece, async (content, size) => {
      const expected = { digest: sha256(content), size: content.length };
      assert.deepEqual(await collect(verified(chunks(content, size), expected)), Buffer.from(content));
    }),
  ));

test("anything else fails, and more than announced is never passed on", () =>
  fc.assert(
    fc.asyncProperty(bytes, bytes, piece, async (content, other, size) => {
      fc.pre(sha256(content) !== sha256(other));
      const passed: Uint8Array[] = [];
      const reading = async () => {
        const expected = { digest: sha256(content), size: content.length };
        for await (const chunk of verified(chunks(other, size), expected)) passed.push(chunk);
      };
      await assert.rejects(reading(), isMismatch);
      assert.ok(Buffer.concat(passed).length <= content.length);
    }),
  ));
