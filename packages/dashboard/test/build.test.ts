import assert from "node:assert/strict";
import { test } from "node:test";
import { compressedContent, plainContent } from "../src/asset.ts";
import { buildDashboard } from "../src/build.ts";

/** All of it, as it is sent. */
const MOST = 40 * 1024;

test("the pages are small, and nothing of Node or of schemas is in them", async () => {
  const assets = Object.entries((await buildDashboard()).assets);
  const sizes = assets.map(([path, asset]) => [path, compressedContent(asset).length] as const);
  const whole = sizes.reduce((sum, [, size]) => sum + size, 0);
  assert.ok(whole <= MOST, `${whole} bytes: ${JSON.stringify(sizes)}`);
  const script = assets.find(([path]) => path.endsWith(".js"))?.[1];
  assert.ok(script);
  assert.doesNotMatch(plainContent(script).toString(), /node:|ZodError|pages take no digests/);
});
