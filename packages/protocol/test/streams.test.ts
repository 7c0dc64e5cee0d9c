import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { createServer, type TLSSocket } from "node:tls";
import { JamesError, sha256 } from "@jamesd/model";
import { type AnswerStream, Client, DEVICE_WIRE, type DeviceClient } from "@jamesd/protocol/device";
import { Client as AnyClient, WIRE } from "@jamesd/protocol/operator";
import { closed, Sandbox } from "@jamesd/testkit";
import fc from "fast-check";

const PARAMS = { digest: sha256("") };
const TURN = 256 * 1024;

let sandbox: Sandbox;
const ends: { close(): unknown }[] = [];

before(async () => {
  sandbox = await Sandbox.create(["device-1"]);
});

after(() => {
  for (const end of ends) end.close();
  return sandbox?.[Symbol.asyncDispose]();
});

function credentials(name: string) {
  const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
  return { ca: pem("ca.crt"), cert: pem(`${name}.crt`), key: pem(`${name}.key`) };
}

async function clientOf(server: Server): Promise<DeviceClient> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const place = { address: { host: "127.0.0.1", port }, serverName: "jamesd" };
  const client = new Client({ wire: DEVICE_WIRE, ...place, ...credentials("device-1") });
  ends.push(client, server);
  return client;
}

/** A server that does something with each request that comes over a connection. */
function answering(answer: (socket: TLSSocket) => void): Server {
  return createServer(credentials("jamesd"), (socket) => {
    socket.on("error", () => undefined).on("data", () => answer(socket));
  });
}

function head(fields: string): string {
  return `HTTP/1.1 200 OK\r\n${fields}\r\n`;
}

/** So many bytes, each of which says where it is. */
function bytesOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

const FRAMES = {
  "its length": (body: Buffer) => [Buffer.from(head(`content-length: ${body.length}\r\n`)), body],
  pieces: (body: Buffer, size: number) => {
    const pieces: Buffer[] = [Buffer.from(head("transfer-encoding: chunked\r\n"))];
    for (let at = 0; at < body.length; at += size) {
      const piece = body.subarray(at, at + size);
      pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"));
    }
    return [...pieces, Buffer.from("0\r\n\r\n")];
  },
  "the end of the connection": (body: Buffer) => [Buffer.from(head("connection: close\r\n")), body],
} as const;

/** Reads an answer, and sees that each piece holds until the next but one is asked for. */
async function read(answer: AnswerStream, isInTurns: boolean, isSlow: boolean): Promise<Buffer> {
  const read: Buffer[] = [];
  let held: { readonly piece: Buffer; readonly copy: Buffer } | undefined;
  for await (const piece of answer) {
    const copy = Buffer.from(piece);
    if (isSlow) await setTimeout(1);
    if (held) assert.ok(held.piece.equals(held.copy), "the piece before is changed");
    held = { piece, copy };
    read.push(copy);
  }
  if (isInTurns)
    assert.ok(
      read.slice(0, -1).every(({ length }) => length === TURN),
      "a piece in the middle is shorter",
    );
  return Buffer.concat(read);
}

test("however an answer says its length, however it is cut into pieces and read: what is read is what was sent", async () => {
  let parts: readonly Buffer[] = [];
  let isLast = false;
  const client = await clientOf(
    answering((socket) => {
      socket.setNoDelay(true);
      for (const part of parts) socket.write(part);
      if (isLast) socket.end();
    }),
  );
  const edges = [0, 1, 5, 16_383, 16_384, 16_385, TURN - 1, TURN, TURN + 1, 2 * TURN, 3 * TURN + 7];
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.constantFrom(...edges), fc.nat(300_000)),
      fc.constantFrom(...(Object.keys(FRAMES) as (keyof typeof FRAMES)[])),
      fc.constantFrom(700, 16_384, 40_000, 300_000),
      fc.array(fc.nat(800_000), { maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
      async (length, frame, size, cuts, isInTurns, isSlow) => {
        const body = bytesOf(length);
        const whole = Buffer.concat(FRAMES[frame](body, size));
        const at = [...new Set([0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length])];
        at.sort((a, b) => a - b);
        parts = at.slice(1).map((end, i) => whole.subarray(at[i], end));
        isLast = frame === "the end of the connection";
        const answer = await client.download("getBlob", { params: PARAMS, isInTurns });
        assert.ok((await read(answer, isInTurns, isSlow)).equals(body));
      },
    ),
    { numRuns: 60, examples: [[4 * TURN, "its length", 700, [], true, true]] },
  );
});

for (const [what, sent] of [
  ["is shorter than it says", `${head("content-length: 400000\r\n")}${"x".repeat(300_000)}`],
  ["ends between two pieces", `${head("transfer-encoding: chunked\r\n")}493e0\r\n${"x".repeat(300_000)}\r\n`],
  ["ends in a piece", `${head("transfer-encoding: chunked\r\n")}493e1\r\n${"x".repeat(300_000)}`],
  [
    "has a piece that is broken",
    `${head("transfer-encoding: chunked\r\n")}493e0\r\n${"x".repeat(300_000)}\r\nno\r\n`,
  ],
] as const)
  for (const isInTurns of [true, false])
    test(`an answer that ${what} gives what came, and then fails${isInTurns ? ", in turns" : ""}`, async () => {
      const client = await clientOf(answering((socket) => socket.end(sent)));
      const answer = await client.download("getBlob", { params: PARAMS, isInTurns });
      let bytes = 0;
      await assert.rejects(async () => {
        for await (const piece of answer) bytes += piece.length;
      });
      assert.equal(bytes, 300_000);
    });

for (const isLater of [false, true])
  test(`a connection over which more comes than was asked for is not used again${isLater ? ", also when it comes later" : ""}`, async () => {
    let connections = 0;
    const ended: Promise<void>[] = [];
    const server = answering((socket) => {
      const more = "HTTP/1.1 200 OK\r\n";
      socket.write(`${head("content-length: 2\r\n")}ok${isLater ? "" : more}`);
      if (isLater) void setTimeout(50).then(() => socket.write(more));
    });
    server.on("secureConnection", (socket) => {
      connections += 1;
      ended.push(closed(socket));
    });
    const client = await clientOf(server);
    for (const expected of [1, 2]) {
      const answer = await client.download("getBlob", { params: PARAMS });
      assert.equal((await buffer(answer)).toString(), "ok");
      assert.equal(connections, expected);
      await ended.at(-1);
    }
  });

test("what nobody reads is not taken, and who reads slowly is not a server that is silent", async () => {
  const length = 32 * 1024 * 1024;
  const piece = Buffer.alloc(64 * 1024);
  const sent = [0, 0];
  let count = 0;
  const client = await clientOf(
    answering((socket) => {
      const number = count++;
      const go = (): void => {
        for (let isTaken = true; isTaken && (sent[number] ?? 0) < length; ) {
          isTaken = socket.write(piece);
          sent[number] = (sent[number] ?? 0) + piece.length;
        }
        if ((sent[number] ?? 0) < length) socket.once("drain", go);
      };
      socket.write(head(`content-length: ${length}\r\n`));
      go();
    }),
  );
  const timeoutMs = 2000;
  const answers = [true, false].map((isInTurns) =>
    client.download("getBlob", { params: PARAMS, isInTurns, timeoutMs }),
  );
  await Promise.all(answers);
  await setTimeout(1.5 * timeoutMs);
  // What the sockets in between hold.
  assert.ok(Math.max(...sent) < length / 2, `${sent} bytes were sent`);
  for (const answer of answers) {
    let read = 0;
    for await (const { length } of await answer) read += length;
    assert.equal(read, length);
  }
});

test("a server that falls silent in the middle is held to its time", async () => {
  const client = await clientOf(answering((socket) => socket.write(`${head("content-length: 9\r\n")}half`)));
  for (const isInTurns of [true, false]) {
    const answer = await client.download("getBlob", { params: PARAMS, isInTurns, timeoutMs: 1000 });
    const read: Buffer[] = [];
    await assert.rejects(async () => {
      for await (const piece of answer) read.push(Buffer.from(piece));
    }, /no answer for 1 s/);
    assert.equal(Buffer.concat(read).toString(), "half");
  }
});

test("a download that is stopped, or left, ends its connection, and leaves nothing at the signal", async () => {
  const ended: Promise<void>[] = [];
  const server = answering((socket) =>
    socket.write(head("content-length: 9000000\r\n") + "x".repeat(100_000)),
  );
  server.on("secureConnection", (socket) => {
    ended.push(closed(socket));
  });
  const client = await clientOf(server);
  const reason = new Error("stopped");
  const stop = new AbortController();
  const { signal } = stop;
  const left = await client.download("getBlob", { params: PARAMS, signal });
  for await (const _ of left) break;
  const unread = await client.download("getBlob", { params: PARAMS, signal });
  unread.destroy();
  assert.deepEqual(getEventListeners(signal, "abort"), []);
  const stopped = await client.download("getBlob", { params: PARAMS, signal });
  await assert.rejects(
    async () => {
      for await (const _ of stopped) stop.abort(reason);
    },
    (thrown) => thrown === reason,
  );
  assert.deepEqual(getEventListeners(signal, "abort"), []);
  await Promise.all(ended);
  assert.equal(ended.length, 3);
});

test("a server that sends elsewhere is not followed", async () => {
  const there = "location: https://elsewhere.example/\r\ncontent-length: 0\r\n";
  const client = await clientOf(answering((socket) => socket.write(`HTTP/1.1 302 Found\r\n${there}\r\n`)));
  await assert.rejects(
    client.download("getBlob", { params: PARAMS }),
    (thrown) => thrown instanceof JamesError && /answered 302/.test(thrown.message),
  );
});

test("a body of which the length is said or not comes as it was sent; pieces without bytes do not end it", async () => {
  const got: Buffer[] = [];
  const server = createHttpsServer(credentials("jamesd"), async (request, response) => {
    got.push(await buffer(request));
    response.end(JSON.stringify({ offset: 0 }));
  });
  await clientOf(server);
  const { port } = server.address() as AddressInfo;
  const place = { address: { host: "127.0.0.1", port }, serverName: "jamesd" };
  const client = new AnyClient({ wire: WIRE, ...place, ...credentials("admin") });
  ends.push(client);
  const body = bytesOf(1_000_000);
  const pieces = [body.subarray(0, 1), Buffer.alloc(0), body.subarray(1, 500_000), body.subarray(500_000)];
  for (const headers of [{}, { "content-length": body.length }]) {
    const content = Readable.from(pieces);
    await client.upload("putUpload", content, { params: PARAMS, query: { offset: "0" }, headers });
    assert.ok(got.pop()?.equals(body));
  }
});
