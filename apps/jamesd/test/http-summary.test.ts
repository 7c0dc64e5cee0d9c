import assert from "node:assert/strict";
import { Agent } from "node:https";
import { test } from "node:test";
import type { Summary } from "@jamesd/protocol";
import { report } from "./http-seed.ts";
import { codeOf, jsonOf, TestServer } from "./http-server.ts";

test("a summary says how the fleet is; who knows it waits until that is otherwise", async () => {
  await using server = await TestServer.start();
  await report(server, "device-1");
  const first = await server.send("watcher", "GET", "/v1/summary");
  const { devices, connected, sync, packets, revision } = jsonOf(first) as Summary;
  assert.deepEqual(
    [first.status, devices, connected, sync.unmanaged, packets, revision],
    [200, 1, 1, 1, [], 0],
  );
  assert.equal(first.headers["cache-control"], "no-cache");
  const known = { "if-none-match": first.headers.etag ?? "" };
  const again = await server.send("watcher", "GET", "/v1/summary", { headers: known });
  assert.deepEqual([again.status, again.body.length, again.headers.etag], [304, 0, first.headers.etag]);
  const waiting = server.send("admin", "GET", "/v1/summary", { headers: { ...known, prefer: "wait=60" } });
  await report(server, "device-2");
  const next = await waiting;
  assert.deepEqual([next.status, (jsonOf(next) as Summary).devices], [200, 2]);
  assert.notEqual(next.headers.etag, first.headers.etag);
});

test("who waits for a summary does not keep the server from stopping", async () => {
  const server = await TestServer.start();
  const { headers } = await server.send("watcher", "GET", "/v1/summary");
  const known = { "if-none-match": headers.etag ?? "", prefer: "wait=60" };
  const agent = new Agent({ maxSockets: 1 });
  const waiting = server.send("watcher", "GET", "/v1/summary", { headers: known, agent });
  // So that the other is asked before.
  await server.send("admin", "GET", "/v1/summary");
  const [answer] = await Promise.all([waiting, server[Symbol.asyncDispose]()]);
  assert.deepEqual([answer.status, codeOf(answer)], [503, "SERVER_STOPPING"]);
});
