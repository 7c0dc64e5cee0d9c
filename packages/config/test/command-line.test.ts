import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { JamesError } from "@jamesd/model";
import { commandIndex, readCommandLine } from "../src/command-line.ts";
import { positional, readFlags, repeatable, short } from "../src/flags.ts";
import { flagItems, helpText, settingItems } from "../src/help-text.ts";
import { flag, text } from "../src/option.ts";

const SETTINGS = {
  stateDir: text({ value: "DIR", help: "where", default: "/var/lib" }),
  noDetectTags: flag({ help: "none of them" }),
  help: short("h", flag({ help: "this" })),
};
const FLAGS = {
  path: positional(text({ value: "PATH", help: "which" })),
  reason: text({ value: "TEXT", help: "why" }),
  tag: repeatable(text({ value: "TAG", help: "one more" })),
};

const read = (...argv: readonly string[]) =>
  readCommandLine(argv, { called: "prog do", settings: SETTINGS, flags: FLAGS });

suite("a command line", () => {
  test("is taken apart into flags, words and what stands behind --", () => {
    const line = read(
      "a",
      "--state-dir",
      "-x",
      "--no-detect-tags",
      "--tag=1",
      "--tag",
      "2",
      "-",
      "--",
      "--tag",
    );
    assert.deepEqual(line, {
      values: { stateDir: "-x", noDetectTags: true, tag: ["1", "2"] },
      words: ["a", "-"],
      rest: ["--tag"],
    });
    assert.deepEqual(read("-h", "--reason="), {
      values: { help: true, reason: "" },
      words: [],
      rest: undefined,
    });
  });

  test("may give a setting twice, and the last counts", () => {
    assert.deepEqual(read("--state-dir", "a", "--state-dir", "b").values, { stateDir: "b" });
  });

  for (const [argv, message] of [
    [["--staet-dir", "x"], "unknown option '--staet-dir' (Did you mean --state-dir?)"],
    [["-x"], "unknown option '-x'"],
    [["--constructor"], "unknown option '--constructor'"],
    [["--state-dir"], "option '--state-dir <DIR>' argument missing"],
    [["--help=yes"], "option '--help' takes no value"],
    [["--reason", "a", "--reason", "b"], "--reason is given twice: a and b"],
  ] as const)
    test(`with ${argv.join(" ")} is refused`, () => {
      assert.throws(
        () => read(...argv),
        (error) => {
          assert.ok(error instanceof JamesError && error.code === "USAGE");
          assert.equal(error.message, message);
          assert.equal(error.hint, "See prog do --help.");
          return true;
        },
      );
    });

  test("has its command where the first word is that belongs to no setting", () => {
    assert.equal(commandIndex(["--state-dir", "status", "-h", "list", "--x", "y"], SETTINGS), 3);
    assert.equal(commandIndex(["--state-dir=a", "list"], SETTINGS), 1);
    assert.equal(commandIndex(["--state-dir", "status", "--", "list"], SETTINGS), -1);
    assert.equal(commandIndex([], SETTINGS), -1);
  });
});

test("a help text has its columns side by side, and breaks lines between words", () => {
  const help = helpText(
    {
      usage: "prog do [options] PATH",
      summary: "Does it.",
      lists: [
        { heading: "Of this command", items: flagItems(FLAGS) },
        { heading: "Options", items: settingItems({ stateDir: SETTINGS.stateDir }, "PROG_") },
      ],
    },
    56,
  );
  assert.equal(
    help,
    `Usage: prog do [options] PATH

Does it.

Of this command:
  PATH               which
  --reason <TEXT>    why
  --tag <TAG>        one more

Options:
  --state-dir <DIR>  where (default /var/lib;
                     PROG_STATE_DIR)
`,
  );
});

test("words by themselves are taken in their order, and one that is missing is named", () => {
  const word = (value: string) => positional(text({ value, help: "one" }));
  const [one, other] = [word("ONE"), word("OTHER")];
  const given = (words: readonly string[]) => ({ values: {}, words, name: "do", called: "prog do" });
  assert.deepEqual(readFlags(given(["1", "2"]), { one, other }), { one: "1", other: "2" });
  assert.throws(() => readFlags(given(["1"]), { one, other }), { code: "USAGE", message: "do needs OTHER" });
});
