import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LogSink } from "../src/log-sink.ts";

const LOG_SINK = fileURLToPath(new URL("../src/log-sink.ts", import.meta.url));

/** Runs a script with a sink to standard error, as `sink`, below a shell command that says where that goes. */
async function run(command: string, script: string): Promise<string> {
  const source = `import { LogSink } from ${JSON.stringify(LOG_SINK)};
    const sink = new LogSink(undefined, (lost) => "lost " + lost + "\\n");
    ${script}
    console.log("alive");`;
  const child = spawn("timeout", ["60", "sh", "-c", command, process.execPath, source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  await once(child, "close");
  return out;
}

const NODE = `"$0" --input-type=module -e "$1"`;

test("a log on a full disk ends nothing", async () => {
  assert.equal(
    await run(`${NODE} 2>/dev/full`, `for (let i = 0; i < 1000; i++) sink.write("line\\n");`),
    "alive\n",
  );
});

test("a log that nobody reads any more ends nothing", async () => {
  const script = `await new Promise((resolve) => setTimeout(resolve, 300));
    for (let i = 0; i < 1000; i++) sink.write("line\\n");`;
  // What is on 3 is the pipe's end that `true` closes.
  assert.equal(await run(`{ ${NODE} 2>&1 >&3 | true; } 3>&1`, script), "alive\n");
});

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "jamesd-log-"));
  context.after(() => rmSync(made, { recursive: true }));
  return made;
}

test("a reader that does not read holds nothing up; what was lost is said when it does", async (context) => {
  const written = join(folder(context), "written");
  const script = `for (let i = 0; i < 40_000; i++) sink.write("0123456789\\n");
    (await import("node:fs")).writeFileSync(${JSON.stringify(written)}, "");
    while (sink.isBehind) await new Promise((resolve) => setTimeout(resolve, 50));`;
  const reader = `{ until [ -e ${written} ]; do sleep 0.1; done; cat; }`;
  const out = await run(`{ ${NODE} 2>&1 >&3 | ${reader} | grep -v 0123456789; } 3>&1`, script);
  assert.match(out, /^lost [1-9]\d*$/m);
  assert.match(out, /^alive$/m);
});

test("a file that was moved away is opened anew", (context) => {
  const path = join(folder(context), "log");
  const sink = new LogSink(path, String);
  sink.write("one\n");
  renameSync(path, `${path}.1`);
  sink.write("two\n");
  sink.reopen();
  sink.write("three\n");
  assert.equal(readFileSync(`${path}.1`, "utf8"), "one\ntwo\n");
  assert.equal(readFileSync(path, "utf8"), "three\n");
});

test("a file is let go of when all is in it", (context) => {
  const path = join(folder(context), "log");
  const exits = process.listenerCount("exit");
  const sink = new LogSink(path, String);
  sink.write("one\n");
  assert.equal(heldOf(path), 1);
  sink.close();
  assert.equal(heldOf(path), 0);
  assert.equal(process.listenerCount("exit"), exits);
  assert.equal(readFileSync(path, "utf8"), "one\n");
});

/** How often this process has a file open. */
function heldOf(path: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => linkOf(fd) === path).length;
}

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // That of the folder itself.
    return undefined;
  }
}

test("a link is no place for a log", (context) => {
  const path = join(folder(context), "log");
  writeFileSync(`${path}.other`, "");
  symlinkSync(`${path}.other`, path);
  assert.throws(() => new LogSink(path, String), { code: "FILE_UNREADABLE" });
});
