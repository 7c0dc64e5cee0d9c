import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { JamesError } from "@jamesd/model";
import { closed, listen } from "@jamesd/testkit";
import { type Announced, Bodies } from "../src/http/bodies.ts";

/** A server that says who is refused: `POST /NAME`. */
async function accept(
  t: TestContext,
  bounds: { readonly most: number; readonly mostBytes: number; readonly longestMs: number },
  announced: Announced,
) {
  const { most, ...rest } = bounds;
  const bodies = new Bodies({
    most: { device: most, viewer: most, operator: most },
    ...rest,
    random: Math.random,
  });
  const server = createServer((request, response) => {
    const name = (request.url ?? "").slice(1);
    try {
      bodies.begin({ account: name, role: "device" }, request, announced);
      request.resume();
      request.on("end", () => response.end("taken"));
    } catch (thrown) {
      response.end((thrown as JamesError).code);
    }
  });
  const port = await listen(server, t);
  const begin = async (name: string, length: number | undefined): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    const size = length === undefined ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`;
    const asked = once(server, "request");
    socket.write(`POST /${name} HTTP/1.1\r\nHost: x\r\n${size}\r\n\r\n`);
    await asked;
    return socket;
  };
  const said = async (socket: Socket): Promise<string> => {
    const first = new Promise<Buffer>((resolve) => socket.once("data", resolve));
    const chunk = await Promise.race([first, closed(socket)]);
    socket.destroy();
    return chunk ? (chunk.toString().split("\r\n\r\n")[1] ?? "") : "cut off";
  };
  return { begin, said };
}

const HELD: Announced = { limit: 100, isStream: false };

test("bodies are counted by what they announce: of one certificate half of all there may be", async (t) => {
  const { begin, said } = await accept(t, { most: 5, mostBytes: 200, longestMs: 3_600_000 }, HELD);
  const a = [await begin("a", 60), await begin("a", 40)];
  assert.equal(await said(await begin("a", 1)), "SERVER_BUSY", "half of all");
  const b = await begin("b", undefined);
  assert.equal(await said(await begin("c", 1)), "SERVER_BUSY", "all");
  assert.match(await said(await begin("c", 0)), /taken/);
  b.destroy();
  // Until the server has seen that it is gone.
  for (;;) {
    const c = await begin("c", 1);
    c.write("x");
    if (/taken/.test(await said(c))) break;
  }
  a[0]?.write("x".repeat(60));
  assert.match(await said(a[0] as Socket), /taken/);
  const again = await begin("a", 60);
  for (const socket of [a[1] as Socket, again]) socket.destroy();
});

test("what is streamed may take as long as it likes, if only it goes on", async (t) => {
  const streamed = { limit: 100, isStream: true };
  const { begin, said } = await accept(t, { most: 5, mostBytes: 200, longestMs: 200 }, streamed);
  const [silent, slow] = [await begin("a", 10_000), await begin("a", 10_000)];
  const dripping = setInterval(() => slow.write("x"), 20);
  t.after(() => clearInterval(dripping));
  assert.equal(await said(silent), "cut off");
  assert.equal(slow.closed, false);
  clearInterval(dripping);
  assert.equal(await said(slow), "cut off");
});
