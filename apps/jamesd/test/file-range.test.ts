import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "@jamesd/testkit";
import type { ByteRange } from "../src/blobs/blob-store.ts";
import { FileRange } from "../src/blobs/file-range.ts";

const CONTENT = Buffer.from(Array.from({ length: 500_000 }, (_, index) => (index * 7919) >> 3));

const RANGES: readonly (Partial<ByteRange> & { readonly what: string })[] = [
  { what: "all of it" },
  { what: "what is behind a header", start: 8 },
  { what: "a part", start: 100_000, end: 399_999 },
  { what: "a byte", start: 131_072, end: 131_072 },
  { what: "a part that ends behind the end", start: 499_000, end: 600_000 },
  { what: "nothing", start: 500_000 },
];

async function opened(t: TestContext): Promise<FileHandle> {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-file-range-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "file"), CONTENT);
  return open(join(folder, "file"));
}

/** Resolves when the file is closed. */
async function closed(file: FileHandle): Promise<void> {
  await waitFor("the file to be closed", () => file.fd < 0 || undefined);
}

for (const { what, ...range } of RANGES) {
  const wanted = CONTENT.subarray(range.start, range.end === undefined ? undefined : range.end + 1);

  test(`${what} is the same read as a stream and by turns, and then the file is closed`, async (t) => {
    const [one, other] = [await opened(t), await opened(t)];
    assert.deepEqual(await buffer(new FileRange(one, range)), wanted);
    const pieces: Buffer[] = [];
    await new FileRange(other, range).byTurns(async (piece) => void pieces.push(Buffer.from(piece)));
    assert.deepEqual(Buffer.concat(pieces), wanted);
    await closed(one);
    await closed(other);
  });
}

test("a piece stays what it is until it is taken, and two buffers do for all", async (t) => {
  const memory = new Set<ArrayBufferLike>();
  let at = 0;
  await new FileRange(await opened(t)).byTurns(async (piece) => {
    memory.add(piece.buffer);
    await sleep(5);
    assert.ok(piece.equals(CONTENT.subarray(at, at + piece.length)), `the piece at ${at} changed`);
    at += piece.length;
  });
  assert.deepEqual([at, memory.size], [CONTENT.length, 2]);
});

test("as a stream each piece has memory of its own", async (t) => {
  const memory = new Set<ArrayBufferLike>();
  let pieces = 0;
  for await (const piece of new FileRange(await opened(t))) {
    memory.add((piece as Buffer).buffer);
    pieces += 1;
  }
  assert.ok(pieces > 3);
  assert.equal(memory.size, pieces);
});

test("who does not take a piece is given no more, and the file is closed", async (t) => {
  const file = await opened(t);
  let asked = 0;
  const taking = new FileRange(file).byTurns(async () => {
    asked += 1;
    throw new Error("gone");
  });
  await assert.rejects(taking, /gone/);
  assert.equal(asked, 1);
  await closed(file);
});

test("a range that is destroyed while it is read closes its file after that", async (t) => {
  const file = await opened(t);
  const range = new FileRange(file);
  range.read();
  range.destroy();
  await closed(file);
});
