import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import fc from "fast-check";
import { commandFirst, withFlagsOfToday } from "../../src/cli/argv.ts";

const vocabulary = {
  commands: new Set(["add-packet", "get-state"]),
  valued: new Set(["--name", "--server", "--id"]),
  flags: new Set(["--name", "--server", "--id", "--force"]),
};

test("what stands behind a flag that there is none of is not taken for a command", () => {
  for (const [argv, message] of [
    [["--addr", "h:1"], "unknown option '--addr'"],
    [["--addr", "h:1", "--force"], "unknown option '--addr'"],
    [["--serve", "h:1"], "unknown option '--serve' (Did you mean --server?)"],
  ] as const)
    assert.throws(() => commandFirst(argv, vocabulary), { code: "USAGE", message });
  assert.deepEqual(commandFirst(["--force", "frob"], vocabulary), ["frob", "--force"], "a word too much");
  assert.deepEqual(commandFirst(["--addr", "h:1", "get-state"], vocabulary)[0], "get-state");
});

test("flags of earlier versions become those of today, values never", () => {
  for (const [argv, today] of [
    [
      ["explain", "--name", "--name"],
      ["explain", "--app", "--name"],
    ],
    [
      ["explain", "--id", "--name", "--name=a=b\nc"],
      ["explain", "--id", "--name", "--app=a=b\nc"],
    ],
    [
      ["explain", "--", "--name"],
      ["explain", "--", "--name"],
    ],
    [
      ["explain", "--names", "--constructor"],
      ["explain", "--names", "--constructor"],
    ],
  ] as const)
    assert.deepEqual(withFlagsOfToday(argv, { name: "app" }, vocabulary), today);
});

test("a line without --cmd and a command in front stays", () => {
  assert.deepEqual(commandFirst(["get-state", "--id", "a"], vocabulary), ["get-state", "--id", "a"]);
});

test("the seed's form, with the command anywhere among the flags", () => {
  const flags = [["--name", "a"], ["--server", "h:1"], ["--force"]];
  const forms = [["--cmd", "add-packet"], ["--cmd=add-packet"], ["add-packet"]];
  for (const form of forms)
    for (let at = 0; at <= flags.length; at++)
      assert.deepEqual(commandFirst(flags.toSpliced(at, 0, form).flat(), vocabulary), [
        "add-packet",
        ...flags.flat(),
      ]);
});

test("the value of a flag is never taken for a command or for --cmd", () => {
  const argv = ["--name", "--cmd", "--id", "add-packet", "get-state"];
  assert.deepEqual(commandFirst(argv, vocabulary), ["get-state", "--name", "--cmd", "--id", "add-packet"]);
});

test("an unknown command moves to the front as well, to be named in the error", () => {
  assert.deepEqual(commandFirst(["--id", "a", "get-stat"], vocabulary), ["get-stat", "--id", "a"]);
});

test("--cmd twice, or without a command, is a usage error", () => {
  for (const argv of [["--cmd", "a", "--cmd", "b"], ["--cmd"], ["--cmd="], ["--cmd", "--id", "x"]])
    assert.throws(
      () => commandFirst(argv, vocabulary),
      (error) => error instanceof JamesError && error.code === "USAGE",
    );
});

test("no word is lost or made up", () => {
  const word = fc.constantFrom("--name", "--id", "--force", "a", "get-state", "--", "-", "");
  fc.assert(
    fc.property(fc.array(word), (argv) => {
      assert.deepEqual([...commandFirst(argv, vocabulary)].sort(), [...argv].sort());
    }),
  );
});
