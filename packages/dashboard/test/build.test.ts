import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildDashboard } from "../src/build.ts";

/** All of it, as it would be sent. */
const MOST = 40 * 1024;

test("the pages are small, and nothing of Node or of schemas is in them", async () => {
  const assets = Object.entries(await buildDashboard());
  const sizes = assets.map(([path, { content }]) => [path, gzipSync(content, { level: 9 }).length] as const);
  const whole = sizes.reduce((sum, [, size]) => sum + size, 0);
  assert.ok(whole <= MOST, `${whole} bytes: ${JSON.stringify(sizes)}`);
  const script = assets.find(([path]) => path.endsWith(".js"))?.[1].content ?? "";
  assert.doesNotMatch(script, /node:|ZodError|pages take no digests/);
});
