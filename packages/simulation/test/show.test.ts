import assert from "node:assert/strict";
import { test } from "node:test";
import { plotSvg } from "../src/plot.ts";
import type { Sample } from "../src/sample.ts";
import { viewLine } from "../src/view.ts";

function sampleAt(atMs: number, inSync: number): Sample {
  const rest = { working: 3, failed: 2, checkIns: atMs, bytes: atMs * 2000, transactions: 0, failures: 0 };
  return { atMs, devices: 100, connected: 90, told: 80, inSync, ...rest };
}

test("a line says how a fleet is, and what happened in the second before", () => {
  assert.equal(
    viewLine(sampleAt(3000, 40), sampleAt(1000, 10)),
    "    3 s · 90 of 100 connected · 40 in sync · 3 working · 2 failed · 1000 check-ins/s · 2.00 MB/s",
  );
  assert.match(viewLine(sampleAt(0, 0), undefined), / 0 check-ins\/s/);
});

test("a plot has each sample in its place, from none at the bottom to all at the top", () => {
  const svg = plotSvg([sampleAt(0, 0), sampleAt(500, 50), sampleAt(1000, 100)], [], "t");
  assert.match(svg, /^<svg [^>]*viewBox="0 0 960 420"/);
  assert.match(svg, /stroke="#1b7837"[^>]* points="70.0,380.0 505.0,210.0 940.0,40.0"/);
  assert.equal(svg.match(/<polyline/g)?.length, 3);
  assert.match(svg, /<title>t<\/title>/);
});

test("a plot says what was done, and nothing in it ends a tag", () => {
  const svg = plotSvg([sampleAt(1000, 1)], [{ atMs: 500, what: 'a <b> & "c"' }], "<script>");
  assert.match(svg, /a &#60;b&#62; &#38; &#34;c&#34;/);
  assert.ok(!svg.includes("<script>"));
  assert.match(svg, /<line x1="505.0"/);
});

test("a plot of nothing is a picture", () => {
  assert.ok(!/NaN|Infinity/.test(plotSvg([], [], "nothing")));
});
