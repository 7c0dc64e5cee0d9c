import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import { type ErrorCode, JamesError } from "@jamesd/model";
import { Command } from "commander";
import { addOptions, readOptions, runCommand } from "../src/commander/index.ts";
import { choice, count, duration, flag, list, map, size, text } from "../src/option.ts";

const OPTIONS = {
  installRoot: text({ help: "where", default: "/" }),
  key: text({ help: "a key", credential: "prog.key" }),
  systemTags: list({ help: "tags" }),
  interval: duration({ help: "how often", default: "30s" }),
  keep: duration({ help: "how long", default: "90d", isAge: true }),
  rate: size({ help: "how fast" }),
  most: count({ help: "how many", default: "200" }),
  once: flag({ help: "one round" }),
  log: choice({ help: "how much", choices: ["info", "debug"], default: "info" }),
  who: map({ help: "who", parse: (value) => Object.keys(Object(value)), default: [] }),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jamesd-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function read(argv: readonly string[], env: NodeJS.ProcessEnv = {}, files: readonly string[] = []) {
  const command = addOptions(new Command("prog"), OPTIONS, "PROG_").exitOverride();
  command.parse(argv, { from: "user" });
  return readOptions(command, OPTIONS, { envPrefix: "PROG_", env, files });
}

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

async function refused(act: () => Promise<unknown>, code: ErrorCode, word: string): Promise<void> {
  await assert.rejects(act, (error) => {
    assert.ok(error instanceof JamesError && error.code === code, String(error));
    assert.ok(error.message.includes(word), `${error.message} lacks ${word}`);
    return true;
  });
}

suite("the value of an option", () => {
  test("is its default when nothing is given", async () => {
    assert.deepEqual(await read([]), {
      installRoot: "/",
      key: undefined,
      systemTags: [],
      interval: 30_000,
      keep: 90 * 86_400_000,
      rate: undefined,
      most: 200,
      once: false,
      log: "info",
      who: [],
    });
  });

  test("is a map in a file where it is one, and JSON elsewhere", async () => {
    const path = file("m.yaml", "who:\n  alice: {a: [x]}\n  bob:\n    b: y\n");
    assert.deepEqual((await read([], {}, [path])).who, ["alice", "bob"]);
    assert.deepEqual((await read(["--who", '{"carol": 1}'], {}, [path])).who, ["carol"]);
    assert.deepEqual((await read([], { PROG_WHO: "{}" }, [path])).who, []);
    await refused(() => read(["--who", "alice"]), "USAGE", "--who");
    for (const line of ["who: alice", "who: [alice]", "who:"])
      await refused(() => read([], {}, [file("n.yaml", `${line}\n`)]), "CONFIG_INVALID", "who");
    await refused(() => read([], {}, [file("n.yaml", "key: {a: b}\n")]), "CONFIG_INVALID", "key");
    await refused(() => read([], {}, [file("n.yaml", "who: {a: 1, a: 2}\n")]), "CONFIG_INVALID", "n.yaml");
  });

  test("is the flag's before the variable's before the file's", async () => {
    const path = file(
      "a.yaml",
      "install-root: /file\ninterval: 2m\nonce: true\nsystem-tags: [a, b]\nlog: debug\nrate: 2KiB\n",
    );
    const env = { PROG_INSTALL_ROOT: "/env", PROG_INTERVAL: "1m", PROG_MOST: "3" };
    const values = await read(["--install-root", "/flag"], env, [path]);
    assert.deepEqual(values, {
      installRoot: "/flag",
      key: undefined,
      systemTags: ["a", "b"],
      interval: 60_000,
      keep: 90 * 86_400_000,
      rate: 2048,
      most: 3,
      once: true,
      log: "debug",
      who: [],
    });
  });

  test("is what systemd hands over as a credential when nothing else says it", async () => {
    const env = { CREDENTIALS_DIRECTORY: folder };
    assert.equal((await read([], env)).key, undefined, "there is none");
    const path = file("prog.key", "");
    assert.equal((await read([], env)).key, path);
    assert.equal((await read([], env, [file("prog.yaml", "key: other")])).key, "other");
  });
  test("is in a file the text that stands there, whatever else YAML would make of it", async () => {
    const said = (line: string) => read(["--config", file("c.yaml", `${line}\n`)]);
    assert.deepEqual(
      (await said("system-tags: [1.10, 010, 1e3, 0x1F, yes, null, 2026-11-29, ~]")).systemTags,
      [...["1.10", "010", "1e3", "0x1F", "yes", "null", "2026-11-29", "~"]],
    );
    assert.equal((await said("key: 1.10")).key, "1.10");
    assert.equal((await said("key: 'a: b'")).key, "a: b");
    assert.equal((await said('key: ""')).key, "");
    assert.equal((await said("once: True")).once, true);
    await refused(() => said("key:"), "CONFIG_INVALID", "key");
  });

  test("that YAML takes for something else is to be put into quotes", async () => {
    for (const value of ["[::1]:2761", "*.example.com", "@home", "%h", "`id`", "{a}:1"])
      await assert.rejects(
        () => read(["--config", file("c.yaml", `key: ${value}\n`)]),
        (error) =>
          error instanceof JamesError &&
          error.code === "CONFIG_INVALID" &&
          (value === "{a}:1" || (error.hint ?? "").includes(`key: ${JSON.stringify(value)}`)),
        value,
      );
    assert.equal((await read(["--config", file("c.yaml", 'key: "[::1]:2761"\n')])).key, "[::1]:2761");
  });

  test("comes from the first file that is there, or from the one that --config or its variable names", async () => {
    const files = [join(folder, "none.yaml"), file("b.yaml", "key: b\n"), file("c.yaml", "key: c\n")];
    const named = file("d.yaml", "key: d\n");
    assert.equal((await read([], {}, files)).key, "b");
    assert.equal((await read(["--config", named], {}, files)).key, "d");
    assert.equal((await read([], { PROG_CONFIG: named }, files)).key, "d");
  });

  test("is refused with the name of where it came from", async () => {
    await refused(() => read(["--interval", "5"]), "USAGE", "--interval");
    await refused(() => read(["--rate", "5"]), "USAGE", "--rate");
    // A timer of Node would fire at once.
    await refused(() => read(["--interval", "25d"]), "USAGE", "--interval");
    assert.equal((await read(["--interval", "24d"])).interval, 24 * 86_400_000);
    assert.equal((await read(["--keep", "400d"])).keep, 400 * 86_400_000);
    for (const most of ["0", "-1", "1.5", "many", ""])
      await refused(() => read(["--most", most]), "USAGE", "--most");
    await refused(() => read([], { PROG_LOG: "loud" }), "USAGE", "PROG_LOG");
    await refused(() => read([], { PROG_ONCE: "perhaps" }), "USAGE", "PROG_ONCE");
    await refused(
      () => read([], {}, [file("a.yaml", "interval: x\n")]),
      "USAGE",
      "interval in the configuration file",
    );
  });
});

suite("a configuration file", () => {
  test("must be there when it is named", async () => {
    await refused(() => read(["--config", join(folder, "none.yaml")]), "FILE_UNREADABLE", "none.yaml");
  });

  test("that says what no option knows, or is no mapping, is refused", async () => {
    for (const content of ["instal-root: /\n", "- a\n", "key: {a: b}\n", "key: [\n", "key: a\nkey: b\n"])
      await refused(() => read([], {}, [file("a.yaml", content)]), "CONFIG_INVALID", "a.yaml");
  });

  test("that is no YAML is refused in one line that says where, with a hint", async () => {
    for (const [content, message, hint] of [
      [
        "key: a\nlimits:\n\tentries: 5\n",
        "line 3: Tabs are not allowed as indentation",
        "Write blanks in place of tabs.",
      ],
      ["key: a\nkey: b\n", "line 2: Map keys must be unique", "Correct the YAML at this line."],
      ["key: a\n---\nkey: b\n", "line 2: a second document begins", "Correct the YAML at this line."],
      ["key: &a [*a]\n*b : c\n", "", "Correct the YAML at this line."],
    ] as const)
      await assert.rejects(
        () => read([], {}, [file("bad.yaml", content)]),
        (error) => {
          assert.ok(error instanceof JamesError && error.code === "CONFIG_INVALID", String(error));
          assert.ok(error.message.includes(`bad.yaml${message && ` ${message}`}`), error.message);
          assert.doesNotMatch(error.message, /\n/);
          assert.equal(error.hint, hint);
          return true;
        },
      );
  });

  test("may be empty", async () => {
    assert.equal((await read([], {}, [file("a.yaml", "# nothing yet\n")])).interval, 30_000);
  });
});

suite("running a command", () => {
  async function runWith(argv: readonly string[], action: () => void) {
    const err: string[] = [];
    const command = addOptions(new Command("prog"), OPTIONS, "PROG_").action(action);
    const code = await runCommand(command, argv, {
      out: () => undefined,
      err: (text) => void err.push(text),
    });
    return { code, err: err.join("") };
  }

  test("ends with 0, or with the code of the error's class and one message", async () => {
    assert.deepEqual(await runWith([], () => undefined), { code: 0, err: "" });
    const failed = await runWith([], () => {
      throw new JamesError("SERVER_UNREACHABLE", "nobody there", { hint: "start it" });
    });
    assert.deepEqual(failed, { code: 5, err: "prog: nobody there [SERVER_UNREACHABLE]\n  hint: start it\n" });
  });

  test("names a word that is too much, and takes it for a command where there are some", async () => {
    const said = async (command: Command, ...argv: readonly string[]) => {
      const err: string[] = [];
      const output = { out: () => undefined, err: (text: string) => void err.push(text) };
      assert.equal(
        await runCommand(
          command.action(() => undefined),
          argv,
          output,
        ),
        2,
      );
      return err.join("");
    };
    const alone = addOptions(new Command("prog"), OPTIONS, "PROG_").argument("<file>");
    assert.match(await said(alone, "--once", "file", "more"), /^prog: "more" belongs to no option \[USAGE\]/);
    const many = new Command("prog").addCommand(new Command("save"));
    assert.match(await said(many, "save-all"), /^prog: unknown command 'save-all' \[USAGE\]/);
  });

  test("that one of its own commands refuses points to that one's help", async () => {
    const hintOf = async (...argv: readonly string[]) => {
      const command = new Command("prog").action(() => undefined);
      command
        .command("save")
        .requiredOption("--output <DIR>", "where")
        .action(() => undefined);
      const err: string[] = [];
      const output = { out: () => undefined, err: (text: string) => void err.push(text) };
      assert.equal(await runCommand(command, argv, output), 2);
      return err.join("").replace(/^.*\n/, "");
    };
    assert.equal(await hintOf("save"), "  hint: See prog save --help.\n");
    assert.equal(await hintOf("save", "--outputt", "x"), "  hint: See prog save --help.\n");
    assert.equal(await hintOf("save", "--output", "x", "y"), "  hint: See prog save --help.\n");
    assert.equal(await hintOf("--saved"), "  hint: See prog --help.\n");
  });

  test("with an unknown flag says so in one line, with the nearest", async () => {
    const { code, err } = await runWith(["--intervall", "5s"], () => undefined);
    assert.equal(code, 2);
    assert.match(err, /^prog: unknown option '--intervall' \(Did you mean --interval\?\) \[USAGE\]\n/);
  });
});
