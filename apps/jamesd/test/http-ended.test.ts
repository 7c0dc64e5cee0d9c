import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { Agent } from "node:https";
import { after, afterEach, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { report } from "./http-seed.ts";
import { type Answer, codeOf, TestServer } from "./http-server.ts";

// The server takes the clock of this process when it starts.
const { now } = Date;
let ahead = 0;
Date.now = () => now() + ahead;
afterEach(() => {
  ahead = 0;
});
after(() => {
  Date.now = now;
});

/** Has the clock stand so long before the end of a certificate, in milliseconds. */
function standBefore(server: TestServer, name: string, ms: number): void {
  const { validTo } = new X509Certificate(server.credentials(name).cert);
  ahead = Date.parse(validTo) - ms - now();
}

/** What two wait for, over connections of their own, of which nothing happens. */
function waiting(server: TestServer, device: string, digest: string, seconds: number): Promise<Answer>[] {
  const headers = { prefer: `wait=${seconds}` };
  return [
    server.send(device, "POST", "/v1/checkin", { body: { digest }, headers }),
    server.send("watcher", "GET", "/v1/events?after=9999", { headers, agent: new Agent() }),
  ];
}

test("who waits when its certificate ends is told so then, and nothing else", async () => {
  await using server = await TestServer.start();
  const [one, two] = [await report(server, "device-1"), await report(server, "device-2")];
  standBefore(server, "device-2", 1500);
  const held = waiting(server, "device-1", one.digest, 50);
  for (const answer of await Promise.all(held))
    assert.deepEqual([answer.status, codeOf(answer)], [401, "CERTIFICATE_REFUSED"]);
  standBefore(server, "device-2", 60_000);
  const overtaken = waiting(server, "device-2", two.digest, 1);
  await setTimeout(300);
  // The clock is set while they wait.
  standBefore(server, "device-2", -2000);
  for (const answer of await Promise.all(overtaken))
    assert.deepEqual([answer.status, codeOf(answer)], [401, "CERTIFICATE_REFUSED"]);
});

test("one that asks the same again and again, and is known by that, is not held beyond the end either", async () => {
  await using server = await TestServer.start([], { maxHold: 300 });
  const { digest } = await report(server, "device-1");
  const ask = () =>
    server.send("device-1", "POST", "/v1/checkin", { body: { digest }, headers: { prefer: "wait=50" } });
  for (let times = 0; times < 3; times += 1) assert.equal((await ask()).status, 204);
  const overtaken = ask();
  await setTimeout(100);
  standBefore(server, "device-1", -2000);
  assert.equal(codeOf(await overtaken), "CERTIFICATE_REFUSED");
  standBefore(server, "device-1", 60_000);
  for (let times = 0; times < 3; times += 1) assert.equal((await ask()).status, 204);
  standBefore(server, "device-1", 100);
  assert.equal(codeOf(await ask()), "CERTIFICATE_REFUSED");
});
