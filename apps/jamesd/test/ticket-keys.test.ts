import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { closed, memoryFolder } from "@jamesd/testkit";
import { TicketKeys } from "../src/http/ticket-keys.ts";
import { TestServer } from "./http-server.ts";

const DAY_MS = 86_400_000;

/** A TLS session that a server gave a device. */
function sessionOf(server: TestServer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asked = request({
      ...{ host: "127.0.0.1", port: server.port, servername: "jamesd", path: "/v1/ping", agent: false },
      ...server.credentials("device-1"),
    });
    asked.on("socket", (socket) => (socket as TLSSocket).once("session", resolve)).on("error", reject);
    asked.on("response", (answer) => answer.resume()).end();
  });
}

test("sessions are taken up by the next process, as long as it knows the same authorities", async () => {
  const folder = memoryFolder("jamesd-tickets-");
  const ticketKeys = join(folder, "ticket-keys");
  await using first = await TestServer.start([], { ticketKeys });
  const session = await sessionOf(first);
  const { data, ca, cert, key } = first.config;
  const ping = (server: TestServer) =>
    server.open("device-1", {
      ...first.credentials("device-1"),
      ...{ path: "/v1/ping", agent: false, session },
    } as Parameters<TestServer["open"]>[1]);
  await first.stop();
  const after = await TestServer.start([], { ...{ data, ca, cert, key }, ticketKeys });
  const again = await ping(after);
  assert.deepEqual([again.status, again.isResumed], [204, true]);
  await after.stop();
  const without = await TestServer.start([], { data, ca, cert, key });
  const fresh = await ping(without);
  assert.deepEqual([fresh.status, fresh.isResumed], [204, false], "not where no file keeps the keys");
  await without.stop();
  // Another authority beside: nobody is to be let in by what another set of them vouched for.
  await using other = await TestServer.start();
  writeFileSync(ca, readFileSync(ca, "utf8") + readFileSync(other.config.ca, "utf8"));
  await using wider = await TestServer.start([], { ...{ data, ca, cert, key }, ticketKeys });
  const anew = await ping(wider);
  assert.deepEqual([anew.status, anew.isResumed], [204, false]);
  rmSync(folder, { recursive: true });
});

test("an authority that is gone takes the sessions with it, also while the server runs", async () => {
  const folder = memoryFolder("jamesd-tickets-");
  const ticketKeys = join(folder, "ticket-keys");
  await using server = await TestServer.start([], { ticketKeys });
  await using other = await TestServer.start();
  const { ca, cert, key } = server.config;
  const session = await sessionOf(server);
  for (const [mine, theirs] of [
    [ca, other.config.ca],
    [cert, other.config.cert],
    [key, other.config.key],
  ] as const)
    writeFileSync(mine, readFileSync(theirs));
  server.reload();
  const { ca: theirs } = other.credentials("device-1");
  const socket = connect({
    ...{ host: "127.0.0.1", port: server.port, servername: "jamesd", session },
    ...{ ...server.credentials("device-1"), ca: theirs },
  });
  await once(
    socket.on("error", () => undefined),
    "secureConnect",
  );
  assert.equal(socket.isSessionReused(), false);
  await closed(socket.resume());
  rmSync(folder, { recursive: true });
});

test("keys are used again by who made them, for the same authorities, for a week", () => {
  const folder = memoryFolder("jamesd-tickets-");
  const path = join(folder, "ticket-keys");
  let now = Date.UTC(2030, 0, 1);
  const keys = () => new TicketKeys(path, () => now).under(["one", "two"]).toString("hex");
  const first = keys();
  assert.equal(keys(), first);
  assert.notEqual(new TicketKeys(path, () => now).under(["onet", "wo"]).toString("hex"), first);
  const made = keys();
  now += 7 * DAY_MS - 1;
  assert.equal(keys(), made);
  now += 1;
  const later = keys();
  assert.notEqual(later, made, "they are too old");
  now -= DAY_MS;
  const back = keys();
  assert.notEqual(back, later, "they come from another time");
  assert.equal(keys(), back);
  for (const spoil of [
    () => chmodSync(path, 0o640),
    () => writeFileSync(path, "{"),
    () => writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), keys: "AAAA" })),
    () => writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), format: 2 })),
    () => writeFileSync(path, readFileSync(path, "utf8") + " ".repeat(5000)),
    () => {
      writeFileSync(join(folder, "elsewhere"), readFileSync(path), { mode: 0o600 });
      rmSync(path);
      symlinkSync(join(folder, "elsewhere"), path);
    },
  ]) {
    const before = keys();
    assert.equal(keys(), before);
    spoil();
    assert.notEqual(keys(), before, spoil.toString());
  }
  rmSync(folder, { recursive: true });
});

test("keys are not kept on a disk, where others may write, or nowhere", () => {
  assert.throws(() => new TicketKeys("/proc/ticket-keys", Date.now), {
    code: "USAGE",
    message: "--ticket-keys: /proc is not in memory",
  });
  const folder = memoryFolder("jamesd-tickets-");
  chmodSync(folder, 0o777);
  assert.throws(() => new TicketKeys(join(folder, "keys"), Date.now), { code: "FOLDER_UNSAFE" });
  chmodSync(folder, 0o700);
  assert.throws(() => new TicketKeys(join(folder, "none", "keys"), Date.now), { code: "USAGE" });
  rmSync(folder, { recursive: true });
});
