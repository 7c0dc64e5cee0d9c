import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { makeLogger } from "../src/logger.ts";

test("a line is what pino would write, but for the name of the level", () => {
  const lines: string[] = [];
  const log = makeLogger(
    "info",
    (line) => void lines.push(line),
    () => 7,
  );
  const pinos: string[] = [];
  const theirs = pino(
    { base: null, timestamp: () => ',"time":7', formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => void pinos.push(line) },
  );
  for (const each of [log, theirs]) {
    each.debug("not this");
    each.info("connected");
    each.warn({ a: 1, b: undefined, c: { d: ["é\n"] } }, "details");
    each.error({ code: "X", hint: null }, "failed");
  }
  assert.deepEqual(lines, pinos);
  assert.equal(lines[0], '{"level":"info","time":7,"msg":"connected"}\n');
});

test("what is less important than the least level is not written", () => {
  const lines: string[] = [];
  const log = makeLogger(
    "warn",
    (line) => void lines.push(line),
    () => 7,
  );
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ["c", "d"],
  );
});
