import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SpentMemory } from "../../../src/transaction/fetch/spent-memory.ts";

const HELD = 100;
const canGiveBack = "transfer" in ArrayBuffer.prototype;

/** Buffers of some lengths, the ends of them cut into pieces as a decompressor gives them. */
const buffers = fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }));

function* piecesOf(lengths: readonly number[]): Generator<Uint8Array> {
  const size = Buffer.poolSize + lengths.reduce((sum, length) => sum + length, 0);
  const buffer = new Uint8Array(size);
  let at = Buffer.poolSize;
  for (const length of lengths) {
    yield buffer.subarray(at, at + length);
    at += length;
  }
}

test("of what a reader may still hold nothing is given back, and no more is kept than that", () => {
  fc.assert(
    fc.property(buffers, (all) => {
      const spent = new SpentMemory(HELD);
      const pieces: Uint8Array[] = [];
      for (const piece of all.flatMap((lengths) => [...piecesOf(lengths)])) {
        pieces.push(piece);
        spent.add(piece);
        let behind = 0;
        for (const one of pieces.toReversed()) {
          const length = one.byteLength;
          if (behind < HELD) assert.ok(length > 0, `${behind} bytes behind it is gone`);
          behind += length;
        }
      }
      // A piece in a buffer that was given back has no length any more.
      const kept = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
      if (canGiveBack) assert.ok(kept < HELD + 5 * 60, `${kept} bytes are kept`);
    }),
  );
});

test("a buffer that is not read to its end is left, for more may come in it", () => {
  const spent = new SpentMemory(HELD);
  const buffer = new Uint8Array(Buffer.poolSize + 1000);
  for (let at = 0; at < buffer.length - 100; at += 100) spent.add(buffer.subarray(at, at + 100));
  assert.ok(buffer.byteLength > 0);
});

test("memory that Node shares out among small buffers is left, for others have theirs in it", () => {
  const spent = new SpentMemory(HELD);
  const shared = new Uint8Array(Buffer.poolSize);
  const others = shared.subarray(0, 10);
  spent.add(shared.subarray(-50));
  spent.add(new Uint8Array(2 * HELD));
  assert.equal(others.length, 10);
});
