import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { HeapSpaceInfo } from "node:v8";
import { Worker } from "node:worker_threads";
import { startThread } from "../../src/running/thread.ts";

const YOUNG = `
const { getHeapSpaceStatistics } = require("node:v8");
const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
require("node:worker_threads").parentPort.postMessage(young);`;

test("a thread's young generation need not grow first", async () => {
  await startThread("packet", undefined, 256).terminate();
  const [young]: HeapSpaceInfo[] = await once(new Worker(YOUNG, { eval: true }), "message");
  const room = (young?.space_used_size ?? 0) + (young?.space_available_size ?? 0);
  assert.ok(room > 3.5 * 2 ** 20, `${room} bytes`);
});
