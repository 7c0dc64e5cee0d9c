import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { makeLogger } from "../src/logger.ts";
import { makePinoLog } from "../src/pino.ts";

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

test("the server's log has its levels as words too", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-log-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const logFile = join(folder, "log");
  const { logger, sink } = makePinoLog({ logLevel: "info", logFile });
  logger.debug("not this");
  logger.warn({ a: 1 }, "late");
  sink.close();
  const { time: _, ...line } = JSON.parse(readFileSync(logFile, "utf8"));
  assert.deepEqual(line, { level: "warn", a: 1, msg: "late" });
});
