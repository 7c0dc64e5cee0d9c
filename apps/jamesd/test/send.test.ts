import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import Fastify from "fastify";
import { DownloadSlots } from "../src/http/download-slots.ts";
import { ReplyMemory } from "../src/http/reply-memory.ts";
import { send } from "../src/http/send.ts";

/** More than the kernel takes of what nobody reads. */
const LONG = "x".repeat(16 * 2 ** 20);
const random = (): number => 0.5;

test("a long answer is held in memory for who reads it, and no second one beside it", async () => {
  const sending = {
    downloads: new DownloadSlots({ most: 8, waitMs: 1000, random }),
    memory: new ReplyMemory(LONG.length, random),
  };
  const app = Fastify();
  for (const mayBeRefused of [true, false])
    app.get(`/${mayBeRefused}`, (_, reply) => {
      const { signal } = new AbortController();
      return send({ who: "a", reply, signal, hasSlot: false, mayBeRefused }, LONG, sending);
    });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const sockets: Socket[] = [];
  app.server.on("connection", (socket) => sockets.push(socket));
  const { port } = app.server.address() as AddressInfo;
  const ask = async (path: string): Promise<IncomingMessage> => {
    const sent = request({ host: "127.0.0.1", port, path, agent: false }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return answer;
  };
  const slow = await ask("/true");
  const refused = await ask("/true");
  assert.match((await buffer(refused)).toString(), /too many long answers/);
  const waiting = sockets[0]?.writableLength ?? 0;
  assert.ok(waiting > 0 && waiting < 2 ** 20, `a connection makes a copy of ${waiting} bytes`);
  const told = await ask("/false");
  assert.equal((await buffer(told)).length, LONG.length + 2, "what tells of a change is never refused");
  await buffer(slow);
  await once(slow.socket, "close");
  assert.equal((await buffer(await ask("/true"))).length, LONG.length + 2);
  await app.close();
});
