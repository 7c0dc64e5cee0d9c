import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type Flags, flagName } from "@jamesd/config";
import {
  bashCompletion,
  fishCompletion,
  manPage,
  type ProgramText,
  zshCompletion,
} from "@jamesd/config/shell";
import { requireTool, runProgram, shellWords } from "@jamesd/testkit";
import { allPrograms } from "../docs/programs.ts";

let folder: string;
let programs: readonly ProgramText[];
before(async () => {
  programs = await allPrograms();
  folder = mkdtempSync(join(tmpdir(), "jamesd-completion-"));
  for (const program of programs) {
    writeFileSync(join(folder, `${program.name}.bash`), bashCompletion(program));
    writeFileSync(join(folder, `${program.name}.zsh`), zshCompletion(program));
    writeFileSync(join(folder, `${program.name}.fish`), fishCompletion(program));
    writeFileSync(join(folder, `${program.name}.man`), manPage(program));
  }
  mkdirSync(join(folder, "files/a folder"), { recursive: true });
  writeFileSync(join(folder, "files/a file"), "");
});
after(() => rmSync(folder, { recursive: true }));

/** What a shell says of a script. */
async function said(command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, { cwd: join(folder, "files") });
  assert.equal(code, 0, `${command.join(" ")}: ${stderr}`);
  return stdout + stderr;
}

test("completions and manual pages have every command and every flag of every program", () => {
  for (const program of programs) {
    const { name, settings, flags, commands } = program;
    const own: Flags = { ...settings, ...flags };
    const all = [own, ...commands.map((command) => command.flags)];
    const forms = all.flatMap((each) =>
      Object.entries(each).flatMap(([key, { positional }]) => (positional ? [] : [flagName(key)])),
    );
    const words = commands.flatMap((command) => [command.name, ...command.aliases]);
    for (const text of [bashCompletion(program), zshCompletion(program)]) {
      for (const form of forms) assert.ok(text.includes(`--${form}`), `${name}: --${form}`);
      for (const word of words) assert.match(text, new RegExp(`(^|[^\\w-])${word}($|[^\\w-])`, "m"));
    }
    const fish = fishCompletion(program);
    for (const form of forms) assert.ok(fish.includes(` -l ${form} `), `${name}: ${form}`);
    for (const word of words) assert.ok(fish.includes(` -a ${word} `), `${name}: ${word}`);
    // A dash by itself is a hyphen, which cannot be pasted into a command line.
    assert.doesNotMatch(manPage(program), /^\.B .*[^\\]-/m);
    const page = manPage(program).replaceAll("\\-", "-");
    for (const form of forms) assert.match(page, new RegExp(`\\n\\.B (-\\w, )?--${form}[\\n ]`));
    for (const command of commands) assert.match(page, new RegExp(`\\n\\.SS ${command.name}[\\n ]`));
  }
  assert.deepEqual(
    programs.map(({ name }) => name),
    ["jamesd", "jamesc", "jamesd-ctl", "pkitool"],
  );
});

test("the manual pages are without faults", { skip: requireTool("groff") }, async () => {
  for (const { name } of programs) {
    const page = await said(["groff", "-man", "-Tascii", "-ww", "-z", join(folder, `${name}.man`)]);
    assert.equal(page, "");
  }
});

suite("bash", { skip: requireTool("bash") }, () => {
  /** What it completes the last word of a line with. */
  async function completed(...line: readonly string[]): Promise<readonly string[]> {
    const [name = ""] = line;
    const script = `source '${join(folder, `${name}.bash`)}'
      COMP_WORDS=(${shellWords(line)}); COMP_CWORD=${line.length - 1}
      _${name.replaceAll("-", "_")}; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await said(["bash", "--norc", "-uc", script])).trimEnd().split("\n");
  }

  test("completes commands, flags and what they take", async () => {
    const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
      [["jamesd-ctl", "list-sys"], ["list-systems"]],
      [["jamesd-ctl", "list-systems", "--wat"], ["--watch"]],
      [
        ["jamesd-ctl", "list-devices", "--watch", "--serv"],
        ["--server", "--server-name"],
      ],
      [["jamesd-ctl", "list-systems", "--sync", "in-sync,fa"], ["in-sync,failed"]],
      [["jamesd-ctl", "--server", "list-systems", "list-sy"], ["list-systems"]],
      [["jamesd-ctl", "--cmd", "get-st"], ["get-state"]],
      [["jamesd-ctl", "--cmd", "get-state", "--i"], ["--id"]],
      [["jamesd-ctl", "--cmd", "=", "get-state", "--i"], ["--id"]],
      [["jamesd-ctl", "--output", "=", "js"], ["json"]],
      [
        ["jamesd-ctl", "--color", "="],
        ["auto", "always", "never"],
      ],
      [["jamesd-ctl", "completion", "z"], ["zsh"]],
      [
        ["jamesd-ctl", "get-packet", "--output", "a f"],
        ["a folder", "a file"],
      ],
      [["jamesd-ctl", "get-device", "--id", ""], [""]],
      [["jamesd", "ver"], ["verify"]],
      [["jamesd", "--data", "a"], ["a folder"]],
      [["jamesc", "status", "--outp"], ["--output"]],
      [["pkitool", "--add-s"], ["--add-server"]],
    ];
    for (const [line, expected] of cases)
      assert.deepEqual([...(await completed(...line))].sort(), [...expected].sort(), line.join(" "));
  });
});

test("fish completes commands, flags and what they take", { skip: requireTool("fish") }, async () => {
  const cases = [
    ["jamesd-ctl list-sys", ["list-systems"]],
    ["jamesd-ctl list-devices --wat", ["--watch"]],
    ["jamesd-ctl list-systems --sync in-sync,fa", ["in-sync,failed"]],
    ["jamesd-ctl completion z", ["zsh"]],
    ["jamesd --data a", ["a folder/"]],
    ["jamesd-ctl import a", ["a file", "a folder/"]],
    ["pkitool --add-s", ["--add-server"]],
  ] as const;
  const sources = programs.map(({ name }) => `source '${join(folder, `${name}.fish`)}'`);
  for (const [line, expected] of cases) {
    const lines = await said(["fish", "--no-config", "-c", [...sources, `complete -C '${line}'`].join("\n")]);
    const words = lines
      .trimEnd()
      .split("\n")
      .map((each) => each.split("\t")[0]?.replaceAll("\\", ""));
    assert.deepEqual(words, expected, line);
  }
});

test("zsh completes commands, flags and what they take", { skip: requireTool("zsh") }, async () => {
  const cases = [
    ["jamesd-ctl list-sys", "list-systems"],
    ["jamesd-ctl list-devices --wat", "list-devices --watch"],
    ["jamesd-ctl list-systems --sync in-sync,fa", "list-systems --sync in-sync,failed"],
    ["jamesd-ctl --server x:1 whoa", "--server x:1 whoami"],
    ["jamesd-ctl --color alw", "--color always"],
    ["jamesd-ctl completion z", "completion zsh"],
    ["jamesd-ctl diff-packets a b --exit", "diff-packets a b --exit-code"],
    ["jamesd ver", "verify"],
    ["jamesc status --outp", "status --output"],
    ["pkitool --add-s", "--add-server"],
  ] as const;
  // Each program says what it was called with, on a terminal of the shell's own, where a tab completes.
  const setUp = [
    `autoload -Uz compinit; compinit -u -d '${join(folder, "dump")}'`,
    ...programs.map(
      ({ name }) => `source '${join(folder, `${name}.zsh`)}'; ${name}() { print -r -- "<$*>" }`,
    ),
  ].join("; ");
  const script = `zmodload zsh/zpty; TERM=dumb zpty z zsh -f -i
    zpty -w z ${shellWords([`PS1=; unset zle_bracketed_paste; ${setUp}; print ready; print ready`])}
    zpty -r z seen $'*\nready\r\nready\r\n*'
    for line in ${shellWords(cases.map(([line]) => line))}; do
      zpty -w -n z "$line"$'\t\n'
      zpty -r z seen $'*<*>\r\n'
      print -r -- "$seen"
    done
    zpty -d z`;
  const seen = (await said(["timeout", "60", "zsh", "-fc", script])).match(/<.*>/g);
  assert.deepEqual(
    seen?.map((each) => each.slice(1, -1).trim()),
    cases.map(([, expected]) => expected),
  );
});
