import assert from "node:assert/strict";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type Duplex, duplexPair } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import fc from "fast-check";
import { type AnswerHead, AnswerReader, BadAnswer } from "../src/answer-reader.ts";

/** What an answer says, or that it is none. */
type Read = { readonly status: number; readonly body: string; readonly again?: string | undefined } | "none";

const MOST = 4096;

/** An answer, and whether it is whole. */
interface Heard {
  readonly reader: AnswerReader;
  readonly head: () => AnswerHead | undefined;
  readonly body: () => Buffer;
}

function hear(bound: (statusCode: number) => number = () => MOST): Heard {
  let head: AnswerHead | undefined;
  const body: Buffer[] = [];
  const reader = new AnswerReader({
    head: (said) => {
      head = said;
      return bound(said.statusCode);
    },
    body: (bytes) => body.push(Buffer.from(bytes)),
  });
  return { reader, head: () => head, body: () => Buffer.concat(body) };
}

/** Reads pieces, one after the other, and then the end of the connection. All are read to the same place: nothing may be kept of it. */
function ours(pieces: readonly Buffer[]): Read {
  const { reader, head, body } = hear();
  const room = Buffer.alloc(Math.max(1, ...pieces.map(({ length }) => length)));
  try {
    const isWhole = pieces.some((piece) => {
      piece.copy(room.fill("!"));
      return reader.push(room.subarray(0, piece.length));
    });
    if (!isWhole && !reader.end()) return "none";
    const { statusCode = 0, headers } = head() ?? {};
    return { status: statusCode, body: body().toString("latin1"), again: headers?.["retry-after"] };
  } catch (thrown) {
    assert.ok(
      thrown instanceof BadAnswer || (thrown instanceof JamesError && thrown.code === "REPLY_TOO_LARGE"),
      String(thrown),
    );
    return "none";
  }
}

/** What `node:http` makes of the same. */
async function nodes(bytes: Buffer): Promise<Read> {
  const [near, far] = duplexPair();
  far.resume();
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({ createConnection: () => near, method: "GET", path: "/" });
      sent.on("response", resolve).on("error", reject).on("upgrade", reject);
      sent.on("close", () => reject(new Error("closed"))).end();
      far.end(bytes);
    });
    const { statusCode = 0, headers } = response;
    return {
      status: statusCode,
      body: (await buffer(response)).toString("latin1"),
      again: headers["retry-after"],
    };
  } catch {
    return "none";
  } finally {
    near.destroy();
  }
}

/** What `node:http` sends, as bytes. */
async function sentBy(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Buffer> {
  const [near, far] = duplexPair();
  const server = createServer(handler);
  server.emit("connection", far as Duplex);
  near.end("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  const bytes = await buffer(near);
  server.close();
  return bytes;
}

function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length])];
  at.sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

const body = fc.string({ maxLength: 40 });
const places = fc.array(fc.nat(2000), { maxLength: 5 });
const inPieces = (pieces: readonly string[]) =>
  [...pieces.filter(Boolean), ""]
    .map((piece) => `${Buffer.byteLength(piece, "latin1").toString(16)}\r\n${piece}\r\n`)
    .join("");
const latin = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)),
  maxLength: 40,
});

/** Pieces of answers, right ones and wrong ones, in the order that they are in. */
const someAnswer = fc
  .tuple(
    fc.constantFrom("", "", "", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", "\r\n", "x"),
    fc.constantFrom(
      "HTTP/1.1 200 OK",
      "HTTP/1.1 404 ",
      "HTTP/1.1 204 No",
      "HTTP/1.0 200 OK",
      "HTTP/1.1 304",
      "HTTP/2 200",
      "HTTP/1.1 2000",
    ),
    fc.array(
      fc.constantFrom(
        ...[
          "retry-after: 7",
          "x: y",
          "X:\ty \t",
          "x : y",
          " folded",
          ": none",
          "no colon",
          "a\rb: c",
          "content-length: 5",
        ],
        ...[
          "Content-Length: 5",
          "content-length: 05",
          "content-length: 5, 5",
          "content-length: +5",
          "content-length: 5 5",
        ],
        ...[
          "transfer-encoding: chunked",
          "Transfer-Encoding: Chunked",
          "transfer-encoding: gzip, chunked",
          "connection: close",
        ],
      ),
      { maxLength: 4 },
    ),
    fc.constantFrom("\r\n\r\n", "\r\n\r\n", "\n\n", "\r\n"),
    fc.oneof(
      latin,
      fc.array(latin, { maxLength: 3 }).map(inPieces),
      fc.constantFrom(
        "5;x=y\r\nhello\r\n0\r\nt: u\r\n\r\n",
        "5\r\nhello!\r\n0\r\n\r\n",
        "fffffffff\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "-1\r\n",
      ),
    ),
  )
  .map(([before, status, fields, end, rest]) =>
    Buffer.from([before + status, ...fields].join("\r\n") + end + rest, "latin1"),
  );

test("what is read is what node:http reads; nothing is read that it refuses", () =>
  fc.assert(
    fc.asyncProperty(
      fc.oneof(
        someAnswer,
        latin.map((text) => Buffer.from(text, "latin1")),
      ),
      async (bytes) => {
        const read = ours([bytes]);
        if (read !== "none") assert.deepEqual(read, await nodes(bytes));
      },
    ),
    { numRuns: 2000 },
  ));

test("and what node:http sends is read", () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(200, 201, 204, 404, 503),
      fc.array(body, { maxLength: 3 }),
      fc.boolean(),
      places,
      async (status, written, hasLength, at) => {
        const whole = written.join("");
        const bytes = await sentBy((_, response) => {
          const length = hasLength ? { "content-length": Buffer.byteLength(whole) } : {};
          response.writeHead(status, { "retry-after": "3", ...(status === 204 ? {} : length) });
          if (status !== 204) for (const text of written) response.write(text);
          response.end();
        });
        const sent = status === 204 ? "" : Buffer.from(whole).toString("latin1");
        assert.deepEqual(ours(cut(bytes, at)), { status, body: sent, again: "3" });
      },
    ),
    { numRuns: 200 },
  ));

test("however it is cut into pieces", () =>
  fc.assert(
    fc.property(someAnswer, places, (bytes, at) => {
      assert.deepEqual(ours(cut(bytes, at)), ours([bytes]));
    }),
    { numRuns: 1000 },
  ));

const HEAD = "HTTP/1.1 200 OK\r\n";
const endless: Readonly<Record<string, readonly [head: string, more: string]>> = {
  "a status": ["HTTP/1.1 200 ", "x"],
  "the name of a field": [HEAD, "x"],
  fields: [HEAD, "x: y\r\n"],
  "informational answers": ["", "HTTP/1.1 103 Early Hints\r\n\r\n"],
  "what follows a body in pieces": [`${HEAD}transfer-encoding: chunked\r\n\r\n0\r\n`, "x: y\r\n"],
  "the length of a piece": [`${HEAD}transfer-encoding: chunked\r\n\r\n1;`, "x"],
  pieces: [`${HEAD}transfer-encoding: chunked\r\n\r\n`, "1\r\nx\r\n"],
  "a body to the end": [`${HEAD}\r\n`, "x"],
};
for (const [what, [head, more]] of Object.entries(endless))
  test(`${what} without end are not read on`, () => {
    const { reader } = hear();
    let taken = 0;
    const piece = Buffer.from(more.repeat(100));
    assert.throws(() => {
      for (reader.push(Buffer.from(head)); taken < 200_000; taken += piece.length) reader.push(piece);
    });
  });

test("a body in pieces that are hardly more than what they begin with is not read on, however long it may be", () => {
  const inOne = `${HEAD}transfer-encoding: chunked\r\n\r\n`;
  const takes = (piece: string, isLive = false): number => {
    const reader = new AnswerReader({ head: () => Number.POSITIVE_INFINITY, body: () => undefined }, isLive);
    reader.push(Buffer.from(inOne));
    const many = Buffer.from(piece.repeat(1000));
    let taken = 0;
    try {
      for (; taken < 200; taken++) reader.push(many);
    } catch (thrown) {
      assert.ok(thrown instanceof BadAnswer, String(thrown));
    }
    return taken;
  };
  assert.ok(takes("1\r\nx\r\n") < 20);
  assert.ok(takes(`1;${"x".repeat(100)}\r\nx\r\n`) < 2);
  assert.equal(takes(`40\r\n${"x".repeat(64)}\r\n`), 200);
  assert.equal(takes("1\r\nx\r\n", true), 200, "what happens is told as it happens");
});

test("a length that is more than an answer may have is refused before a byte of it", () => {
  const { reader } = hear((status) => (status === 200 ? 10 : 5));
  assert.throws(() => reader.push(Buffer.from(`${HEAD}content-length: 11\r\n\r\n`)), /more than 10 bytes/);
});

for (const [what, text, isKept] of [
  ["is kept", `${HEAD}content-length: 2\r\n\r\nok`, true],
  ["ends as it says", `${HEAD}connection: x, Close\r\ncontent-length: 2\r\n\r\nok`, false],
  [
    "is left when more came than was asked for",
    `${HEAD}content-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n`,
    false,
  ],
  ["of HTTP/1.0 ends", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", false],
] as const)
  test(`a connection ${what}`, () => {
    const { reader } = hear();
    assert.ok(reader.push(Buffer.from(text)));
    assert.equal(reader.isKept, isKept);
  });

test("blanks in a head cost no more than other bytes of it: with a cost for each pair this would take many minutes", () => {
  const blanks = " \t".repeat(30_000);
  const head = "HTTP/1.1 204 No\r\n";
  for (let times = 0; times < 200; times += 1) {
    const field = hear();
    assert.ok(field.reader.push(Buffer.from(`${head}x: a${blanks}b \r\n\r\n`)));
    assert.equal(field.head()?.headers.x, `a${blanks}b`);
    const options = hear();
    assert.ok(options.reader.push(Buffer.from(`${head}connection: a${blanks}b,\tclose\r\n\r\n`)));
    assert.equal(options.reader.isKept, false);
  }
});
