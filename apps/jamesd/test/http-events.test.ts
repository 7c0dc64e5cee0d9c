import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Event } from "@jamesd/protocol";
import { addPacket, report } from "./http-seed.ts";
import { codeOf, jsonOf, TestServer } from "./http-server.ts";

let server: TestServer;
before(async () => {
  server = await TestServer.start();
});
after(() => server[Symbol.asyncDispose]());

async function ask(query: string, wait = 0, who = "admin"): Promise<readonly Event[]> {
  const headers = { prefer: `wait=${wait}` };
  const answer = await server.send(who, "GET", `/v1/events${query}`, { headers });
  assert.equal(answer.status, 200, answer.body.toString());
  return jsonOf(answer) as Event[];
}

test("an event says who made it and from which address, by certificate and connection", async () => {
  await report(server, "device-1", ["arm"]);
  await report(server, "device-1", ["arm"]);
  const digest = await addPacket(server, "vpn", ["v1"]);
  const events = await ask("");
  assert.deepEqual(
    events.map(({ kind, author, address }) => [kind, author, address]),
    [
      ["device-added", "device-1", "127.0.0.1"],
      ["packet-added", "admin", "127.0.0.1"],
    ],
  );
  const [, added] = events;
  assert.ok(added?.kind === "packet-added" && added.packet === digest);
});

test("who waits gets the first event of those that he asked for, when it happens", async () => {
  const after = (await ask("?last=1"))[0]?.sequence;
  const waiting = ask(`?after=${after}&kinds=revision`, 60, "watcher");
  await addPacket(server, "vpn", ["v2"]);
  const body = { documents: [{ kind: "spec", id: "s", selector: ["arm"], apps: [] }], message: "why" };
  const applied = await server.send("admin", "POST", "/v1/revisions", { body });
  assert.equal(applied.status, 200);
  const [event, ...more] = await waiting;
  assert.equal(more.length, 0);
  assert.ok(event?.kind === "revision" && event.message === "why");
  assert.deepEqual(
    (await ask("?device=device-1")).map(({ kind }) => kind),
    ["device-added", "revision"],
  );
});

test("who does not wait, or has waited long enough, gets an empty page", async () => {
  assert.deepEqual(await ask("?after=999"), []);
  assert.deepEqual(await ask("?after=999", 1), []);
});

test("a device that was removed is still known to the log", async () => {
  await report(server, "device-2");
  const removed = await server.send("admin", "DELETE", "/v1/devices/device-2?force=true");
  assert.equal(removed.status, 204, removed.body.toString());
  const kinds = (await ask("?device=device-2")).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["device-added", "device-removed"]);
});

test("what cannot be asked is refused", async () => {
  const refusals: readonly [query: string, status: number, code: string][] = [
    ["?kinds=revision,party", 400, "REQUEST_INVALID"],
    ["?limit=1&last=1", 400, "REQUEST_INVALID"],
    ["?since=yesterday", 400, "REQUEST_INVALID"],
    ["?device=nobody", 404, "DEVICE_UNKNOWN"],
    ["?by=olga", 400, "REQUEST_INVALID"],
  ];
  for (const [query, status, code] of refusals) {
    const answer = await server.send("admin", "GET", `/v1/events${query}`);
    assert.deepEqual([answer.status, codeOf(answer)], [status, code], query);
  }
});

test("a server that stops lets go who waits, and says so", async () => {
  const stopping = await TestServer.start();
  const path = "/v1/events?after=1";
  const held = stopping.open("admin", { method: "GET", path, headers: { prefer: "wait=60" } });
  // Each over a new connection: when the second is answered, the first has come.
  await stopping.open("admin", { method: "GET", path: "/v1/ping" });
  await stopping[Symbol.asyncDispose]();
  const answer = await held;
  assert.deepEqual([answer.status, codeOf(answer)], [503, "SERVER_STOPPING"]);
});
