import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { type Digest, sha256 } from "@jamesd/model";
import { askingAhead } from "../../../src/transaction/fetch/asking-ahead.ts";
import { compressedPart, NOTHING } from "../../../src/transaction/fetch/compressed-part.ts";
import type { Wanted } from "../../../src/transaction/fetch/fetched.ts";
import type { ContentSource } from "../../../src/transaction/fetch/remote.ts";

const NEVER = new AbortController().signal;
const TEXTS = ["the first", "the second", "the third"];

/** Contents that are wanted one after the other, and a server of them that notes what it is asked for. */
function scene(t: TestContext, failing?: string) {
  const folder = mkdtempSync(join(tmpdir(), "ahead-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const texts = new Map<Digest, string>(TEXTS.map((text) => [sha256(text), text]));
  const wanted = [...texts].map(([digest, text]): Wanted => {
    const file = join(folder, digest);
    return { digest, size: text.length, file, part: `${file}.part`, isScript: false };
  });
  const asked: [text: string | undefined, offset: number][] = [];
  const server: ContentSource = {
    blob: async () => assert.fail("the compressed one is asked for"),
    async compressedBlob(digest, { offset }) {
      const text = texts.get(digest) ?? "";
      asked.push([text, offset]);
      if (text === failing) throw new Error(`no ${text}`);
      return { coding: "br", content: inTwo(text.slice(offset)) };
    },
  };
  const source = askingAhead(server, wanted);
  const read = async (number: number, offset = 0): Promise<string> => {
    const { content } = await source.compressedBlob(wanted[number]?.digest as Digest, { offset }, NEVER);
    return String(await buffer(content));
  };
  return { wanted, asked, source, read };
}

async function* inTwo(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text.slice(0, 3));
  yield Buffer.from(text.slice(3));
}

test("the next content is asked for when the last byte of one is here, not before, and once", async (t) => {
  const { wanted, asked, source, read } = scene(t);
  const { content } = await source.compressedBlob(wanted[0]?.digest as Digest, NOTHING, NEVER);
  const pieces = content[Symbol.asyncIterator]();
  await pieces.next();
  await pieces.next();
  assert.deepEqual(asked, [["the first", 0]]);
  assert.equal((await pieces.next()).done, true);
  assert.deepEqual(asked, [
    ["the first", 0],
    ["the second", 0],
  ]);
  assert.equal(await read(1), "the second");
  assert.equal(await read(2), "the third");
  assert.deepEqual(
    asked.map(([text]) => text),
    TEXTS,
  );
});

test("a content of which something is held is asked for from there on, and not before", async (t) => {
  const { wanted, asked, read } = scene(t);
  writeFileSync(compressedPart(wanted[1] as Wanted, "br"), "the s");
  writeFileSync(wanted[2]?.part ?? "", "the");
  assert.equal(await read(0), "the first");
  assert.equal(await read(1, 4), "second");
  assert.equal(await read(2, 3), " third");
  assert.deepEqual(asked, [
    ["the first", 0],
    ["the second", 4],
    ["the third", 3],
  ]);
});

test("who wants a content hears why it could not be asked for ahead; another try asks anew", async (t) => {
  const { asked, read } = scene(t, "the second");
  assert.equal(await read(0), "the first");
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(read(1), /no the second/);
  await assert.rejects(read(1), /no the second/);
  assert.equal(asked.length, 3);
});

test("one that comes once more leaves no second question for the next behind", async (t) => {
  const { asked, read } = scene(t);
  for (const offset of [4, 0]) await read(0, offset);
  assert.equal(await read(1), "the second");
  assert.deepEqual(
    asked.map(([text]) => text),
    ["the first", "the second", "the first", "the third"],
  );
});
