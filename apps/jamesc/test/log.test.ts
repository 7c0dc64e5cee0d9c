import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { escapeUnseen } from "@jamesd/config";
import { openLog, readable } from "../src/log.ts";

const HOSTILE = "\u001b]0;owned\u0007 \u009b31m \u202Egnp.exe \n12:00:00 info forged";
const LINE = `${JSON.stringify({ level: "error", time: 0, msg: "transaction undone", hint: HOSTILE })}\n`;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u;

test("what a script said cannot steer the terminal that the log is read on, nor begin a line", () => {
  const text = readable(LINE);
  assert.doesNotMatch(text, STEERING);
  assert.equal(text.indexOf("\n"), text.length - 1);
  assert.match(text, /^00:00:00 error transaction undone hint=.*owned.*forged\n$/);
});

test("nor where the log is JSON, which stays what it was", () => {
  const text = escapeUnseen(LINE);
  assert.doesNotMatch(text, STEERING);
  assert.deepEqual(JSON.parse(text), JSON.parse(LINE));
});

test("a character of ASCII is escaped the same alone and beside one that is no ASCII", () => {
  for (let code = 0; code < 0x80; code++) {
    const character = String.fromCharCode(code);
    assert.equal(`${escapeUnseen(character)}ß`, escapeUnseen(`${character}ß`));
  }
});

for (const isTerminal of [false, true])
  test(`nor does the file of the log hold what could${isTerminal ? ", also where the agent runs on a terminal" : ""}`, (t) => {
    const dir = mkdtempSync(join(tmpdir(), "jamesc-log-"));
    t.after(() => rmSync(dir, { recursive: true }));
    const logFile = join(dir, "log");
    openLog({ logLevel: "info", logFile }, isTerminal).logger.error({ hint: HOSTILE }, "transaction undone");
    const text = readFileSync(logFile, "utf8");
    assert.doesNotMatch(text, STEERING);
    assert.equal(JSON.parse(text).hint, HOSTILE);
  });
