import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ScriptName, sha256 } from "@jamesd/model";
import { injecting, ONE_THREAD, Program, requireTool, runProgram, waitFor } from "@jamesd/testkit";
import {
  identify,
  isRunning,
  type ScriptProcess,
  statOf,
} from "../../../src/transaction/scripts/script-process.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";
import { CHILD, writeJob } from "../job.ts";

type Scripts = { readonly [script in ScriptName]?: string };

/** Shell text that says `NAME begins`, waits until the test lets it go on, and says `NAME ends`. */
function slow(name: string): string {
  return `echo ${name} begins >> "$JAMES_ROOT/../log"
until [ -e "$JAMES_ROOT/../go" ]; do sleep 0.05; done
echo ${name} ends >> "$JAMES_ROOT/../log"
`;
}

const say = (text: string): string => `echo ${text} >> "$JAMES_ROOT/../log"\n`;

/** A counterpart beside which what was not ended would go on. */
const lettingGo = `touch "$JAMES_ROOT/../go"\n${say("prerm")}sleep 1\n`;

function logOf(bench: Bench): string {
  const file = join(bench.dir, "log");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function start(bench: Bench, mode = ""): Program {
  return new Program([process.execPath, CHILD, bench.dir, mode]);
}

/** A bench with the job to install packets with these scripts. */
function benchFor(...packets: readonly Scripts[]): Bench {
  const bench = new Bench();
  const shelf = new Shelf();
  const apps = packets.map((scripts, i) => shelf.add(`app-${i}`, { [`opt/app-${i}`]: "1\n" }, scripts));
  writeJob(bench, shelf, planFor([], apps, shelf));
  return bench;
}

/** Kills the agent as soon as the log says this. */
async function killAt(bench: Bench, agent: Program, text: string): Promise<void> {
  await waitFor(`${text}; the agent wrote ${agent.stderr}`, () => logOf(bench).includes(text) || undefined);
  await agent.stop("SIGKILL");
}

/** Every process that the journal tells of. */
function processesOf(bench: Bench): readonly ScriptProcess[] {
  return readFileSync(join(bench.state, "journal"), "utf8")
    .split("\n")
    .filter((line) => line.includes('"process"'))
    .map((line) => JSON.parse(line.slice(17)));
}

/** Lets everything go on that waits, and gives the log when none of these processes runs any more. */
async function endOf(bench: Bench, processes: readonly ScriptProcess[]): Promise<string> {
  writeFileSync(join(bench.dir, "go"), "");
  await waitFor("the scripts to end", () => !processes.some(isRunning) || undefined);
  return logOf(bench);
}

const KILLED: readonly { readonly what: string; readonly scripts: Scripts; readonly log: string }[] = [
  {
    what: "a script",
    scripts: { postinst: slow("postinst"), prerm: say("prerm") },
    log: "postinst begins\nprerm\n",
  },
  {
    what: "what a script started and waits for",
    scripts: { postinst: `sh -c '${slow("child")}'\n:\n`, prerm: say("prerm") },
    log: "child begins\nprerm\n",
  },
  {
    what: "what does not hear that it is to end",
    scripts: { postinst: `sh -c 'trap "" TERM\n${slow("deaf")}'\n:\n`, prerm: say("prerm") },
    log: "deaf begins\nprerm\n",
  },
  {
    what: "a script whose child has a session of its own",
    scripts: { postinst: `setsid sh -c '${slow("child")}' &\nsleep 1000\n`, prerm: lettingGo },
    log: "child begins\nprerm\n",
  },
  {
    what: "a script whose child has a session, and an environment, of its own",
    scripts: {
      postinst: `env -i JAMES_ROOT="$JAMES_ROOT" PATH="$PATH" setsid sh -c '${slow("child")}' &\nsleep 1000\n`,
      prerm: lettingGo,
    },
    log: "child begins\nprerm\n",
  },
  {
    what: "a healthcheck",
    scripts: { postinst: say("postinst"), healthcheck: slow("healthcheck"), prerm: say("prerm") },
    log: "postinst\nhealthcheck begins\nprerm\n",
  },
];

for (const { what, scripts, log } of KILLED)
  test(`killed while it waits for ${what}, the agent ends it before it undoes it`, async () => {
    using bench = benchFor(scripts);
    await killAt(bench, start(bench), "begins");
    const processes = processesOf(bench);
    await bench.open();
    assert.equal(await endOf(bench, processes), log);
    assert.ok(!existsSync(join(bench.root, "opt")));
  });

test("killed while a counterpart runs, the agent ends that before it runs it again", async () => {
  using bench = benchFor({ postinst: `${say("postinst")}exit 1\n`, prerm: slow("prerm") });
  await killAt(bench, start(bench), "prerm begins");
  await killAt(bench, start(bench, "recover"), "prerm begins\nprerm begins");
  const third = start(bench, "recover");
  await waitFor("the third counterpart", () => logOf(bench).split("begins").length === 4 || undefined);
  await endOf(bench, processesOf(bench));
  assert.equal((await third.ended).code, 0);
  assert.equal(logOf(bench), "postinst\nprerm begins\nprerm begins\nprerm begins\nprerm ends\n");
});

test("what a script that had ended left behind is not ended, nor another process of the same number", async () => {
  const daemon = `(setsid sh -c '${slow("daemon")}' >/dev/null 2>&1 &)\n`;
  using bench = benchFor({ postinst: daemon }, { postinst: slow("postinst"), prerm: say("prerm") });
  await killAt(bench, start(bench), "postinst begins");
  await waitFor("the daemon", () => logOf(bench).includes("daemon begins") || undefined);
  const scripts = processesOf(bench);
  const other = new Program(["setsid", "sleep", "1000"]);
  try {
    await waitFor("setsid", () => statOf(other.pid)?.session === other.pid || undefined);
    // A script of an earlier moment or boot had the number that now is that of a stranger.
    for (const changed of [{ started: "1" }, { boot: "another" }]) {
      const json = JSON.stringify({ record: "process", ...identify(other.pid), ...changed });
      appendFileSync(join(bench.state, "journal"), `${sha256(json).slice(0, 16)} ${json}\n`);
    }
    await bench.open();
    assert.ok(other.isRunning);
  } finally {
    await other.stop("SIGKILL");
  }
  await endOf(bench, scripts);
  const log = await waitFor("the daemon", () =>
    logOf(bench).includes("daemon ends") ? logOf(bench) : undefined,
  );
  assert.deepEqual(log.trim().split("\n").sort(), [
    "daemon begins",
    "daemon ends",
    "postinst begins",
    "prerm",
  ]);
});

test("killed before it heard that a script ended, the agent ends what that left in a session of its own", async () => {
  const leaving = `until [ -e "$JAMES_ROOT/../leave" ]; do sleep 0.05; done\n`;
  using bench = benchFor({ postinst: `(setsid sh -c '${slow("child")}' &)\n${leaving}`, prerm: lettingGo });
  await killAt(bench, start(bench), "child begins");
  const processes = processesOf(bench);
  writeFileSync(join(bench.dir, "leave"), "");
  await waitFor("the script to end", () => !processes.some(isRunning) || undefined);
  await bench.open();
  assert.equal(await endOf(bench, processes), "child begins\nprerm\n");
});

test("what a script that takes too long started is gone before the undo, however deaf, and in whatever session", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const deaf = `sh -c 'trap "" TERM\n${slow("deaf")}'\n`;
  const apart = [`setsid ${deaf.trim()} &\n`, `(setsid ${deaf.trim()} &)\n`];
  const postinst = `${apart.join("")}${deaf}:\n`;
  const app = shelf.add("app", { "opt/app": "1\n" }, { postinst, prerm: lettingGo });
  const device = await bench.open({ scriptTimeoutMs: 3000 });
  const result = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.equal(result.error?.code, "SCRIPT_TIMEOUT");
  assert.equal(logOf(bench), "deaf begins\ndeaf begins\ndeaf begins\nprerm\n");
});

test("killed before the journal names the process of a script, the agent leaves nothing that runs", {
  skip: requireTool("strace"),
}, async () => {
  using bench = benchFor({ postinst: say("postinst"), prerm: say("prerm") });
  // What is written to the journal: `stage`, `begin`, `script`, `process`.
  const journal = join(bench.state, "journal");
  const strace = injecting("write,pwrite64:signal=KILL:when=4", journal);
  await runProgram([...strace, process.execPath, CHILD, bench.dir], { env: ONE_THREAD });
  const records = readFileSync(journal, "utf8").match(/"record":"\w+"/g);
  assert.deepEqual(records, ['"record":"stage"', '"record":"begin"', '"record":"script"']);
  await bench.open();
  // Whatever was left would have had its turn by now: its undo ran in a process that was started later.
  assert.equal(logOf(bench), "prerm\n");
});
