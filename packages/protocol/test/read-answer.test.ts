import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { readAnswer } from "../src/read-answer.ts";

const MOST = 1000;

/** An answer of so many bytes, one at a time, all in one buffer: of pieces that were kept only the last would be seen. */
async function* byteByByte(size: number): AsyncGenerator<Buffer> {
  const piece = Buffer.alloc(1);
  for (let n = 0; n < size; n += 1) {
    piece[0] = n % 251;
    yield piece;
  }
}

function answer(size: number): IncomingMessage {
  return Object.assign(byteByByte(size), { statusCode: 200, headers: {} }) as unknown as IncomingMessage;
}

test("pieces of an answer are not kept: each of a million takes more memory than the byte in it", async () => {
  const { statusCode, body } = await readAnswer(answer(MOST), () => MOST);
  assert.equal(statusCode, 200);
  assert.deepEqual(body, Buffer.from(Array.from({ length: MOST }, (_, n) => n % 251)));
  assert.equal((await readAnswer(answer(0), () => MOST)).body.length, 0);
});

test("an answer is not read beyond its bound", async () => {
  await assert.rejects(
    readAnswer(answer(MOST + 1), () => MOST),
    (thrown) => thrown instanceof JamesError && thrown.code === "REPLY_TOO_LARGE",
  );
});
