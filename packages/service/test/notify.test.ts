import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceManager } from "../src/notify.ts";

test("a program that nobody asked to tell how it is tells nothing", async () => {
  const failures: string[] = [];
  const env = { PATH: process.env.PATH, WATCHDOG_USEC: "1000000" };
  const manager = serviceManager(env, { isAlive: () => true, failed: (message) => failures.push(message) });
  await manager.ready();
  manager.close();
  assert.deepEqual(failures, []);
});

test("what cannot be told is said, and what was for this program alone is not handed on", async () => {
  const failures: string[] = [];
  const env = {
    PATH: process.env.PATH,
    NOTIFY_SOCKET: "/nowhere",
    WATCHDOG_USEC: "1000000",
    WATCHDOG_PID: "1",
  };
  const manager = serviceManager(env, { isAlive: () => true, failed: (message) => failures.push(message) });
  assert.deepEqual(Object.keys(env), ["PATH"]);
  await manager.ready();
  manager.close();
  assert.equal(failures.length, 1);
  assert.match(failures[0] ?? "", /systemd-notify/);
});
