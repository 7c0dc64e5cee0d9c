import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { runProgram } from "@jamesd/testkit";

const CHECKOUT = resolve(import.meta.dirname, "..");
const { scripts } = JSON.parse(readFileSync(`${CHECKOUT}/package.json`, "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};
/** What people call by `npm run`, each a program of the checkout: by name, its words behind `node`. */
const COMMANDS = Object.entries(scripts).flatMap(([name, line]) => {
  const [, words] = /(?:^|&& )node (\S+\.ts\b.*)$/.exec(line) ?? [];
  return words === undefined ? [] : [{ name, words: words.split(" ") }];
});

function run([file = "", ...words]: readonly string[], word: string) {
  return runProgram([process.execPath, resolve(CHECKOUT, file), ...words, word]);
}

test("every command of the checkout says how it is called, and does nothing else", async () => {
  assert.ok(COMMANDS.length >= 8, JSON.stringify(COMMANDS));
  for (const { name, words } of COMMANDS) {
    const { code, stdout, stderr } = await run(words, "--help");
    assert.deepEqual([code, stderr], [0, ""], name);
    assert.match(stdout, /^Usage: npm /, name);
  }
});

test("a flag that a command of the checkout does not know is named, with how it is called", async () => {
  const { words = [] } = COMMANDS.find(({ name }) => name === "build") ?? {};
  const { code, stderr } = await run(words, "--nope");
  assert.equal(code, 2);
  assert.match(stderr, /^Unknown option '--nope'\nUsage: npm run build /);
});

test("so is a bench that there is not", async () => {
  const { words = [] } = COMMANDS.find(({ name }) => name === "bench") ?? {};
  const { code, stderr } = await run(words, "nope");
  assert.equal(code, 2);
  assert.match(stderr, /^there is no bench nope\nUsage: npm run bench /);
});
