import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { sha256 } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import { runProgram } from "@jamesd/testkit";
import { runScript, type ScriptContext } from "../../../src/transaction/scripts/script.ts";
import { statOf } from "../../../src/transaction/scripts/script-process.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";
import { CHILD, writeJob } from "../job.ts";

/** Installs a packet with this postinst on a new device. */
async function run(bench: Bench, postinst: string, systemTags: string[] = []): Promise<Transaction> {
  const shelf = new Shelf();
  const packet = shelf.add("app", { "opt/app": "1\n" }, { postinst });
  const device = await bench.open({ systemTags });
  return await device.carryOut(planFor([], [packet], shelf), shelf, NEVER);
}

test("a script opens /dev/stdout and /dev/stderr by name, and what it writes comes in its order", async () => {
  using bench = new Bench();
  const lines = [
    "echo 1 >/dev/stderr",
    "echo 2",
    "echo 3 >&2",
    "echo 4 >/dev/stdout",
    "echo 5 | tee /dev/stderr",
  ];
  const report = await run(bench, `#!/bin/sh\nset -e\n${lines.join("\n")}\n`);
  assert.equal(report.outcome, "committed", JSON.stringify(report));
  assert.equal(report.scripts[0]?.output, "1\n2\n3\n4\n5\n5\n");
});

test("of a script that writes without end the last 8 KiB are kept", async () => {
  using bench = new Bench();
  const report = await run(bench, "#!/bin/sh\nyes 0123456 | head -c 4000000\necho end\n");
  assert.equal(report.scripts[0]?.output.length, 8192);
  assert.match(report.scripts[0]?.output ?? "", /0123456\nend\n$/);
});

test("a script that leaves a process behind with its output open ends all the same", async () => {
  using bench = new Bench();
  const report = await run(bench, "#!/bin/sh\n(sleep 60; echo late) &\necho $! >pid\necho done\n");
  process.kill(Number(readFileSync(join(bench.root, "pid"), "utf8")));
  assert.deepEqual([report.outcome, report.scripts[0]?.output], ["committed", "done\n"]);
});

for (const [script, code] of [
  ["postinst", "SCRIPT_TIMEOUT"],
  ["healthcheck", "HEALTHCHECK_FAILED"],
] as const)
  test(`a ${script} that ends well when it is told to end took too long all the same`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const ending = "trap 'kill $!; exit 0' TERM\nsleep 1000 &\nwait\n";
    const packet = shelf.add("app", { "opt/app": "1\n" }, { [script]: ending });
    const device = await bench.open({ scriptTimeoutMs: 1000, healthcheckTimeoutMs: 1000 });
    const { outcome, error } = await device.carryOut(planFor([], [packet], shelf), shelf, NEVER);
    assert.deepEqual([outcome, error?.code], ["rolled-back", code]);
  });

test("the time limit of a script that has ended is over, for what it left behind as well", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "script-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "postinst");
  // It holds the script's output, which is waited for a moment longer.
  writeFileSync(file, "sleep 1000 &\necho $! >daemon\n");
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const context: ScriptContext = {
    ...({
      app: "app",
      script: "postinst",
      packet: sha256(""),
      file,
      pipe: join(dir, "pipe"),
      installRoot: dir,
    } as const),
    ...{ deviceId: "device", tags: [], undo: false, timeoutMs: 1000 },
  };
  let pid = 0;
  const result = runScript(context, (script) => {
    pid = script.pid;
  });
  // Who is not in the list has been waited for.
  while (pid === 0 || statOf(pid)) await setImmediate();
  t.mock.timers.tick(1000);
  const daemon = Number(readFileSync(join(dir, "daemon"), "utf8"));
  t.after(() => process.kill(daemon, "SIGKILL"));
  const { exitCode, timedOut } = await result;
  assert.deepEqual([exitCode, timedOut, statOf(daemon)?.isAlive], [0, false, true]);
});

const WORKING: Readonly<Record<string, string>> = {
  "with an interpreter by env -S":
    '#!/usr/bin/env -S sh -e\ntest "$(pwd -P)" = "$(cd "$JAMES_ROOT" && pwd -P)"\n',
  "without a first line": "true\n",
  "that reads standard input": 'test -z "$(cat)"\n',
  "whose pipe is closed early": 'test "$(yes | head -n 1)" = y\n',
  "of half a megabyte": `#!/bin/sh\n${`${"#".repeat(79)}\n`.repeat(6400)}test -d "$JAMES_ROOT"\n`,
};

for (const [what, text] of Object.entries(WORKING))
  test(`a script ${what} works`, async () => {
    using bench = new Bench();
    const { outcome, error } = await run(bench, text);
    assert.equal(outcome, "committed", error?.message);
  });

const FAILING: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  "whose interpreter is missing": ["#!/usr/bin/bash5\n:\n", /bash5/],
  "that ends as what cannot be run does": ["#!/bin/sh\nexit 126\n", /exit code 126/],
};

for (const [what, [text, says]] of Object.entries(FAILING))
  test(`a script ${what} is told of, and the packet is undone`, async () => {
    using bench = new Bench();
    const { outcome, error, scripts } = await run(bench, text);
    assert.equal(outcome, "rolled-back");
    assert.match(`${error?.message} ${scripts[0]?.output}`, says);
    assert.equal(existsSync(join(bench.root, "opt/app")), false);
  });

test("a device without mkfifo runs scripts all the same", async () => {
  using bench = new Bench();
  const { PATH } = process.env;
  const bin = mkdtempSync(join(tmpdir(), "jamesc-bin-"));
  writeFileSync(join(bin, "mkfifo"), "#!/bin/sh\nexit 1\n");
  chmodSync(join(bin, "mkfifo"), 0o755);
  process.env.PATH = `${bin}:${PATH}`;
  try {
    const report = await run(bench, "#!/bin/sh\necho out\necho err >&2\n");
    assert.deepEqual(report.scripts[0]?.output.trim().split("\n").sort(), ["err", "out"]);
  } finally {
    process.env.PATH = PATH;
    rmSync(bin, { recursive: true });
  }
});

test("what a script makes can be read by all, whatever the agent's umask is", async () => {
  using bench = new Bench();
  const before = process.umask(0o077);
  try {
    await run(bench, "#!/bin/sh\ntouch made\nmkdir made-dir\n");
  } finally {
    process.umask(before);
  }
  const modes = ["made", "made-dir"].map((name) => statSync(join(bench.root, name)).mode & 0o777);
  assert.deepEqual(modes, [0o644, 0o755]);
});

test("a script may have as many files open as other programs, and may raise that, however many Node may", async () => {
  using bench = new Bench();
  const report = await run(bench, "ulimit -S -n\nulimit -H -n\n");
  const [, soft, hard] =
    /^Max open files +(\d+) +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  assert.equal(report.scripts[0]?.output, `${Math.min(1024, Number(soft))}\n${hard}\n`);
});

test("JAMES_TAGS has each tag once", async () => {
  using bench = new Bench();
  const report = await run(bench, '#!/bin/sh\necho "$JAMES_TAGS"\n', ["armv7l", "x", "armv7l"]);
  assert.equal(report.scripts[0]?.output, "armv7l,x\n");
});

/** Has temporary files somewhere else meanwhile. */
async function withTemporary(folder: string, work: () => Promise<void>): Promise<void> {
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  try {
    await work();
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
}

test("nothing of a script's output stays in the state directory, nor what a killed agent left of it", async () => {
  using bench = new Bench();
  const pipe = join(bench.state, "output");
  const device = await bench.open();
  const shelf = new Shelf();
  const app = shelf.add("app", { "opt/app": "1\n" }, { postinst: "echo 1 >/dev/stderr\n" });
  assert.equal(spawnSync("mkfifo", [pipe]).status, 0);
  const { outcome } = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.deepEqual([outcome, existsSync(pipe)], ["committed", false]);
});

test("killed while a script starts, an agent leaves nothing among the temporary files", async () => {
  using bench = new Bench();
  const [tmp, bin] = ["tmp", "bin"].map((name) => mkdtempSync(join(bench.dir, name)));
  const shelf = new Shelf();
  const app = shelf.add("app", { "opt/app": "1\n" }, { postinst: ":\n" });
  writeJob(bench, shelf, planFor([], [app], shelf));
  writeFileSync(`${bin}/mkfifo`, "#!/bin/sh\nkill -9 $PPID\n", { mode: 0o755 });
  const env = { TMPDIR: tmp, PATH: `${bin}:${process.env.PATH}` };
  await runProgram([process.execPath, CHILD, bench.dir], { env });
  assert.deepEqual(readdirSync(tmp ?? ""), []);
});

test("a script opens /dev/stderr by name also where there is no room in the state directory, nor for temporary files", async () => {
  using bench = new Bench();
  mkdirSync(join(bench.state, "output"), { recursive: true });
  // Nobody makes anything there, root neither.
  await withTemporary("/proc/self", async () => {
    const report = await run(bench, "#!/bin/sh\nset -e\necho 1 >/dev/stderr\necho 2\n");
    assert.deepEqual([report.outcome, report.scripts[0]?.output], ["committed", "1\n2\n"]);
  });
});

for (const [what, text, says] of [
  ["one line without end", "yes 0123456 | head -c 4000000 | tr '\\n' ' '\nexit 1\n", /: [0-6 ]{199}…$/],
  ["how far it has come", "printf '10%%\\r20%%\\rno room\\r\\n'\nexit 1\n", /: no room$/],
] as const)
  test(`of a script that says ${what} the hint has what it said last, and not too much`, async () => {
    using bench = new Bench();
    const { error } = await run(bench, text);
    assert.match(error?.hint ?? "", says);
  });
