import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { Program, runProgram, waitFor } from "@jamesd/testkit";
import { Descendants } from "../../../src/transaction/scripts/descendants.ts";
import {
  identify,
  MARK,
  markOf,
  type ScriptProcess,
  statOf,
} from "../../../src/transaction/scripts/script-process.ts";

const FOREVER = ["setsid", "sleep", "1000"];

/** A process of this environment, in a session of its own. */
async function started(env: NodeJS.ProcessEnv): Promise<Program> {
  const program = new Program(FOREVER, { env });
  await waitFor("setsid", () => statOf(program.pid)?.session === program.pid || undefined);
  return program;
}

/** A script of which nothing runs any more, which began when this process did. */
function past(): ScriptProcess {
  const child = spawn("true");
  return { ...identify(child.pid ?? 0), started: statOf(process.pid)?.started ?? "" };
}

const found = (script: ScriptProcess): readonly number[] =>
  new Descendants(script).look().map(({ pid }) => pid);

test("a script's mark is found wherever it stands in an environment, and nobody else's, nor one that others can make up", async () => {
  const script = past();
  const mark = { [MARK]: markOf(script) };
  // So that it stands over the end of what is read at once.
  const filled = (length: number) => ({ FILLING: "x".repeat(length), ...mark });
  const ours = await Promise.all([mark, filled(65_520), filled(65_530), filled(100_000)].map(started));
  // Everybody can see in /proc what a process is.
  const { secret: _, ...seen } = script;
  const others = await Promise.all(
    [
      {},
      { [MARK]: `${markOf(script)}0` },
      { [`X${MARK}`]: markOf(script) },
      { [MARK]: markOf(seen) },
      { [MARK]: `${script.pid}-${script.started}` },
    ].map(started),
  );
  try {
    assert.deepEqual(new Set(found(script)), new Set(ours.map(({ pid }) => pid)));
  } finally {
    await Promise.all([...ours, ...others].map((program) => program.stop("SIGKILL")));
  }
});

const AGENT = `
import { Descendants } from ${JSON.stringify(new URL("../../../src/transaction/scripts/descendants.ts", import.meta.url).href)};
import { spawn } from "node:child_process";
const [script] = process.argv.slice(-1);
const child = spawn("sleep", ["1000"]);
const pids = new Descendants(JSON.parse(script)).look().map(({ pid }) => pid);
child.kill("SIGKILL");
console.log(JSON.stringify({ pids, agent: process.pid, parent: process.ppid, child: child.pid }));
`;

test("what has a script's mark and is the agent, or what it was started by, is not ended; nor what is older", async () => {
  const script = past();
  const run = async (given: ScriptProcess) => {
    const node = [process.execPath, "--input-type=module", "-e", AGENT, JSON.stringify(given)];
    // A script restarts the agent by a shell, which goes on beside it.
    const words = ["sh", "-c", '"$@"; :', "sh", ...node];
    const { stdout, stderr } = await runProgram(words, { env: { [MARK]: markOf(given) } });
    assert.equal(stderr, "");
    return JSON.parse(stdout);
  };
  const { pids, agent, parent, child } = await run(script);
  assert.deepEqual([pids.includes(agent), pids.includes(parent), pids.includes(child)], [false, false, true]);
  assert.deepEqual((await run({ ...script, started: "99999999999999" })).pids, []);
});
