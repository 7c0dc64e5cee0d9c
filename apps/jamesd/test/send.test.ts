import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { JamesError } from "@jamesd/model";
import { closed, waitFor } from "@jamesd/testkit";
import Fastify, { type FastifyInstance } from "fastify";
import { FileRange } from "../src/blobs/file-range.ts";
import { DownloadSlots } from "../src/http/download-slots.ts";
import { Reply } from "../src/http/reply.ts";
import { ReplyMemory } from "../src/http/reply-memory.ts";
import { send } from "../src/http/send.ts";

/** More than the kernel takes of what nobody reads. */
const LONG = "x".repeat(16 * 2 ** 20);
const random = (): number => 0.5;

/** Where so many bytes of answers may be under way. */
const bounded = (bytes: number) => ({
  downloads: new DownloadSlots({ most: 8, waitMs: 1000, random }),
  memory: new ReplyMemory(bytes, random),
});

/** Where nothing is bounded. */
const free = () => bounded(2 ** 30);

/** An app that is closed when the test ends. */
function appFor(t: TestContext): FastifyInstance {
  const app = Fastify();
  t.after(() => app.close());
  return app;
}

/** Has an app listen. @returns what asks it, over a connection of its own, and waits for the head of the answer */
async function listening(app: FastifyInstance): Promise<(path: string) => Promise<IncomingMessage>> {
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return async (path) => {
    const sent = request({ host: "127.0.0.1", port, path, agent: false }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return answer;
  };
}

const ASKING = { mayBeRefused: true, requireStillIn: () => undefined };

test("what an answer would send is not opened for HEAD", async (t) => {
  const app = appFor(t);
  let opened = 0;
  app.route({
    method: ["GET", "HEAD"],
    url: "/",
    handler: (_, reply) => {
      const to = { who: "a", reply, signal: new AbortController().signal, hasSlot: true, ...ASKING };
      const open = async (): Promise<Buffer> => {
        opened += 1;
        return Buffer.from("content");
      };
      return send(to, new Reply(200, { "content-length": "7" }, open), free());
    },
  });
  const { headers } = await app.inject({ method: "HEAD", url: "/" });
  assert.deepEqual([opened, headers["content-length"]], [0, "7"]);
  assert.equal((await app.inject("/")).body, "content");
  assert.equal(opened, 1);
});

test("what was opened for somebody who has left meanwhile is closed", async (t) => {
  const app = appFor(t);
  const content = new Readable({ read: () => undefined });
  app.get("/", (_, reply) => {
    const gone = new AbortController();
    const to = { who: "a", reply, signal: gone.signal, hasSlot: true, ...ASKING };
    const open = async (): Promise<Readable> => {
      gone.abort();
      return content;
    };
    return send(to, new Reply(200, {}, open), free());
  });
  const asked = app.inject("/").catch(() => undefined);
  await closed(content);
  await asked;
});

interface FileOptions {
  /** It says that there are so many bytes. */
  readonly said?: number;
  readonly read?: (file: FileHandle, response: ServerResponse) => FileRange;
}

const wholeOf = (file: FileHandle): FileRange => new FileRange(file);

/** An app that answers with a file of so many bytes. */
function withFile(t: TestContext, bytes: number, { said = bytes, read = wholeOf }: FileOptions = {}) {
  const app = appFor(t);
  const logged: string[] = [];
  app.addHook("onRequest", async (_, reply) => {
    reply.log.error = (_: unknown, message?: string) => void logged.push(String(message));
  });
  const folder = mkdtempSync(join(tmpdir(), "jamesd-send-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "file");
  writeFileSync(path, Buffer.alloc(bytes, "file"));
  const opened: FileHandle[] = [];
  app.get("/", (_, reply) => {
    const to = { who: "a", reply, signal: new AbortController().signal, hasSlot: true, ...ASKING };
    const content = async (): Promise<FileRange> => {
      const file = await open(path);
      opened.push(file);
      return read(file, reply.raw);
    };
    return send(to, new Reply(206, { "content-length": String(said), "x-of": "file" }, content), free());
  });
  return { app, path, opened, logged };
}

/** The same as `listening`, over one connection. */
async function keptListening(t: TestContext, app: FastifyInstance): Promise<() => Promise<IncomingMessage>> {
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  return async () => {
    const sent = request({ host: "127.0.0.1", port, agent }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return answer;
  };
}

test("a file goes out with its status and headers, and the connection serves again", async (t) => {
  const { app, path, opened } = withFile(t, 1_000_000);
  const ask = await keptListening(t, app);
  const sockets = new Set<Socket>();
  for (let time = 0; time < 2; time++) {
    const answer = await ask();
    sockets.add(answer.socket);
    assert.deepEqual([answer.statusCode, answer.headers["x-of"]], [206, "file"]);
    assert.deepEqual(await buffer(answer), readFileSync(path));
  }
  assert.equal(sockets.size, 1);
  await waitFor("both to be closed", () => opened.every(({ fd }) => fd < 0) || undefined);
});

test("a file is closed when who reads it leaves", async (t) => {
  const { app, opened, logged } = withFile(t, LONG.length);
  const answer = await (await listening(app))("/");
  assert.ok(opened.every(({ fd }) => fd >= 0));
  answer.socket.destroy();
  await waitFor("it to be closed", () => opened.every(({ fd }) => fd < 0) || undefined);
  assert.deepEqual(logged, []);
});

test("a file is closed when who asked leaves before it is this answer's turn", async (t) => {
  const { app, opened, logged } = withFile(t, LONG.length);
  app.get("/held", (_, reply) => void reply.hijack());
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  for (const path of ["/held", "/"]) socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
  await waitFor("it to be read from", () => opened.length > 0 || undefined);
  socket.destroy();
  await waitFor("it to be closed", () => opened.every(({ fd }) => fd < 0) || undefined);
  assert.deepEqual(logged, []);
});

/** Ends the connection before each piece, so that the answer has not heard of it yet when it is written to. */
class CutOff extends FileRange {
  readonly #response: ServerResponse;

  constructor(file: FileHandle, response: ServerResponse) {
    super(file);
    this.#response = response;
  }

  override byTurns(take: (piece: Buffer) => Promise<void>): Promise<void> {
    return super.byTurns((piece) => {
      this.#response.socket?.destroy();
      return take(piece);
    });
  }
}

test("a file is closed when the connection ends just before more of it is written", async (t) => {
  const { app, opened, logged } = withFile(t, LONG.length, {
    read: (file, response) => new CutOff(file, response),
  });
  const ask = await listening(app);
  await assert.rejects(ask("/"), { code: "ECONNRESET" });
  await waitFor("it to be closed", () => opened.every(({ fd }) => fd < 0) || undefined);
  assert.deepEqual(logged, []);
});

test("of a file that is shorter than it was said the connection ends", async (t) => {
  const { app, opened, logged } = withFile(t, 1000, { said: 2000 });
  let response: ServerResponse | undefined;
  app.addHook("onRequest", async (_, { raw }) => {
    response = raw;
  });
  const answer = await (await keptListening(t, app))();
  await waitFor("it to be closed", () => opened.every(({ fd }) => fd < 0) || undefined);
  assert.equal(response?.writableEnded, false, "what comes next would be taken for the rest");
  await assert.rejects(buffer(answer), /aborted/);
  assert.match(logged.join("\n"), /^a file could not be sent to its end$/);
});

test("a long answer is held in memory for who reads it, and no second one beside it", async (t) => {
  const sending = bounded(LONG.length);
  const app = appFor(t);
  for (const mayBeRefused of [true, false])
    app.get(`/${mayBeRefused}`, (_, reply) => {
      const { signal } = new AbortController();
      return send({ who: "a", reply, signal, hasSlot: false, ...ASKING, mayBeRefused }, LONG, sending);
    });
  const sockets: Socket[] = [];
  app.server.on("connection", (socket) => sockets.push(socket));
  const ask = await listening(app);
  const slow = await ask("/true");
  const refused = await ask("/true");
  assert.match((await buffer(refused)).toString(), /too many long answers/);
  const waiting = sockets[0]?.writableLength ?? 0;
  assert.ok(waiting > 0 && waiting < 2 ** 20, `a connection makes a copy of ${waiting} bytes`);
  const told = await ask("/false");
  assert.equal((await buffer(told)).length, LONG.length + 2, "what tells of a change is never refused");
  await buffer(slow);
  await closed(slow.socket);
  assert.equal((await buffer(await ask("/true"))).length, LONG.length + 2);
});

test("what is there once for all is counted for who reads it, until it is taken", async (t) => {
  const sending = bounded(LONG.length);
  const app = appFor(t);
  const manifest = Buffer.from(LONG);
  app.get("/:who", (request, reply) => {
    const { who } = request.params as { who: string };
    const { signal } = new AbortController();
    const to = { who, reply, signal, hasSlot: false, ...ASKING };
    return send(to, new Reply(200, {}, manifest), sending);
  });
  const ask = await listening(app);
  const slow = await ask("/a");
  assert.match((await buffer(await ask("/a"))).toString(), /too many long answers/);
  assert.equal((await buffer(await ask("/b"))).length, LONG.length);
  await buffer(slow);
  await closed(slow.socket);
  assert.equal((await buffer(await ask("/a"))).length, LONG.length);
});

test("what was held for an answer is let go when that is refused, and what tells of a change is not refused", async (t) => {
  const app = appFor(t);
  let released = 0;
  const requireStillIn = (): never => {
    throw new JamesError("CERTIFICATE_REFUSED", "it has ended");
  };
  for (const mayBeRefused of [true, false])
    app.get(`/${mayBeRefused}`, (_, reply) => {
      const { signal } = new AbortController();
      const to = { who: "a", reply, signal, hasSlot: true, mayBeRefused, requireStillIn };
      return send(to, new Reply(200, {}, "content", () => (released += 1)), free());
    });
  assert.equal((await app.inject("/true")).statusCode, 500);
  assert.equal(released, 1);
  assert.equal((await app.inject("/false")).body, "content");
  assert.equal(released, 2);
});
