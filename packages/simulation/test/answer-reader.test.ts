import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Answer, AnswerReader } from "../src/answer-reader.ts";

const head = (status: number, ...fields: readonly string[]): string =>
  `${[`HTTP/1.1 ${status} words`, ...fields].join("\r\n")}\r\n\r\n`;

const whole = fc.uint8Array({ maxLength: 60 }).map((bytes) => ({
  bytes: Buffer.concat([Buffer.from(head(200, `Content-Length: ${bytes.length}`)), bytes]),
  status: 200,
  body: Buffer.from(bytes),
}));
const inPieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 })).map((pieces) => ({
  bytes: Buffer.concat([
    Buffer.from(head(206, "transfer-encoding: chunked")),
    ...pieces.flatMap((piece) => [
      Buffer.from(`${piece.length.toString(16)}\r\n`),
      piece,
      Buffer.from("\r\n"),
    ]),
    Buffer.from("0\r\n\r\n"),
  ]),
  status: 206,
  body: Buffer.concat(pieces),
}));
const empty = fc.constant({ bytes: Buffer.from(head(204)), status: 204, body: Buffer.alloc(0) });

test("law: answers are read as they were sent, however they are cut", () => {
  const answers = fc.array(fc.oneof(whole, inPieces, empty), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(answers, fc.integer({ min: 1, max: 50 }), (sent, size) => {
      const reader = new AnswerReader();
      const read: Answer[] = [];
      // The next answer comes only after the one before was read.
      for (const { bytes } of sent)
        for (let at = 0; at < bytes.length; at += size) {
          const answer = reader.take(bytes.subarray(at, at + size));
          if (answer) read.push(answer);
        }
      assert.deepEqual(
        read.map(({ status, body }) => ({ status, body: body.toString("hex") })),
        sent.map(({ status, body }) => ({ status, body: body.toString("hex") })),
      );
    }),
  );
});

test("names of fields are read in small letters", () => {
  const answer = new AnswerReader().take(Buffer.from(head(503, "Retry-After: 7", "content-length: 0")));
  assert.equal(answer?.headers.get("retry-after"), "7");
});

test("what is no answer is refused", () => {
  assert.throws(() => new AnswerReader().take(Buffer.from("220 mail\r\n\r\n")), /not an answer: 220 mail/);
  assert.throws(() => new AnswerReader().take(Buffer.alloc(20_000, "x")), /has no end/);
});
