import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { closed } from "@jamesd/testkit";
import { awaitFirstBytes } from "../src/http/first-bytes.ts";

/** What is said of the connections of a server over which `said` comes once they are there, or nothing. */
async function heardOf(said: string | undefined, ms: number): Promise<readonly string[]> {
  const server = createServer();
  const heard: string[] = [];
  server.on("connection", () => heard.push("begins"));
  awaitFirstBytes(server, ms, (socket) => {
    heard.push("is silent");
    socket.destroy();
  });
  server.on("connection", () => heard.push("comes"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => undefined);
  await once(server, "connection");
  if (said === undefined) await closed(socket.resume());
  else {
    const ended = once(server, "tlsClientError");
    socket.write(said);
    await ended;
  }
  server.close();
  socket.destroy();
  return heard;
}

test("a connection begins its handshake when something has come over it", async () => {
  // That it is none is found by TLS, which has got these bytes.
  assert.deepEqual(await heardOf("no handshake", 60_000), ["comes", "begins"]);
});

test("one over which nothing comes is told of in time, and begins none", async () => {
  assert.deepEqual(await heardOf(undefined, 20), ["comes", "is silent"]);
});
