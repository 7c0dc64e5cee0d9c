import assert from "node:assert/strict";
import { test } from "node:test";
import { ownProgram } from "../src/own-program.ts";

const SETTINGS = ["--state-dir", "/s", "--addr=a:1", "--poll", "--system-tags", "work,apply"];

test("another jamesc is started by the settings of this one, and not by its command", () => {
  const { length } = ownProgram({}, "/s", []).command;
  const given = (...args: readonly string[]) => ownProgram({}, "/s", args).command.slice(length);
  assert.deepEqual(given(...SETTINGS), SETTINGS);
  assert.deepEqual(given("work", "--question", "/tmp/q", ...SETTINGS), SETTINGS);
  assert.deepEqual(given(...SETTINGS, "apply", "state.yaml", "--packets", "p.tar"), SETTINGS);
  assert.deepEqual(given("lock", ...SETTINGS, "--", "sh", "--poll"), SETTINGS);
});

test("only the agent itself is what the launcher started", () => {
  const env = { JAMESC_START: "trial:/s" };
  assert.equal(ownProgram(env, "/s", SETTINGS).start, "trial");
  assert.equal(ownProgram(env, "/other", SETTINGS).start, "plain");
  for (const command of ["work", "apply"])
    assert.equal(ownProgram(env, "/s", [command, ...SETTINGS]).start, "plain");
});
