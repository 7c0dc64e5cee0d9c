import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { cached, Program, pick, runProgram, sh, sweepTest, waitFor } from "@jamesd/testkit";
import { DEVICES, RUNNABLE } from "../examples/demo/devices.ts";

const MAIN = fileURLToPath(new URL("../examples/demo/main.ts", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "jamesd-demo-"));
const dir = join(scratch, "run");
after(() => rmSync(scratch, { recursive: true, force: true }));

// Folders of its own, so that a demo that somebody has running in this checkout is not disturbed.
const cache = cached("demo");
const DEMO = [process.execPath, MAIN, "--dir", dir, "--cache", cache];
const VERSIONS = ["0.28.1", "0.28.2"];

/** Puts small programs in the place of those that no device of the demo starts here: to compress them and to compare them is most of what it costs. */
function makeSmall(): void {
  mkdirSync(cache, { recursive: true });
  for (const { arch } of DEVICES.filter((device) => device !== RUNNABLE))
    for (const version of VERSIONS) {
      const kept = join(cache, `linux-${arch}-${version}.tgz`);
      if (existsSync(kept)) continue;
      const tree = join(scratch, `${arch}-${version}`);
      mkdirSync(join(tree, "package/bin"), { recursive: true });
      writeFileSync(join(tree, "package/bin/esbuild"), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
      writeFileSync(join(tree, "package/README.md"), "esbuild\n");
      sh("tar", "-czf", kept, "-C", tree, "package");
    }
}
before(makeSmall);
// npm finds its configuration, and with it the registry, by HOME.
const OPTIONS = { env: process.env };

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(/\s+/).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function allEnded(pids: readonly number[]): Promise<void> {
  await waitFor("the server and the devices to end", () => (pids.some(isAlive) ? undefined : true));
}

/** What a show that went to its end has said. */
function assertShown(stdout: string): void {
  for (const version of VERSIONS) {
    const synced = stdout
      .split("\n")
      .filter((line) => line.includes("in-sync") && line.includes(`esbuild(v${version})`));
    assert.equal(synced.length, 3, stdout);
  }
  assert.match(stdout, /postrm of esbuild/, "the scripts ran");
  assert.match(stdout, /http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}\n/);
  assert.match(stdout, /enroll-token --id device-3 --tags canary\n {2}secret: /);
  assert.match(stdout, /jamesc --enroll \S+ --addr \S+ --enroll-addr \S+ --id device-3/);
  assert.match(stdout, /revoke --id device-3.*"error":"device-3 is locked out"/s);
}

/** With `--once` it ends by itself. */
async function once(): Promise<void> {
  const { code, stdout, stderr } = await runProgram([...DEMO, "--once"], OPTIONS);
  assert.equal(code, 0, stdout + stderr);
  assertShown(stdout);
}

/** Without, it stays up until it is told to stop. */
async function untilStopped(): Promise<void> {
  const demo = new Program(DEMO, OPTIONS);
  try {
    // Seconds, unless others keep the machine busy.
    await demo.says("keeps running", 300_000);
    assertShown(demo.stdout);
    const daemons = childrenOf(demo.pid);
    assert.equal(daemons.length, 5, "a server, its dashboard and three devices");
    const second = await runProgram([...DEMO, "--once"], OPTIONS);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /a demo is running .* already/);
    const { code, stderr } = await demo.stop("SIGINT");
    assert.equal(code, 0, stderr);
    await allEnded(daemons);
  } finally {
    // A test that fails ends, too.
    await demo.stop();
  }
}

sweepTest(
  "it installs and upgrades three devices, one of which joined by a token and is locked out, and leaves no process behind",
  {},
  async () => {
    for (const ending of pick("ending of the demo", [once, untilStopped], 1)) await ending();
  },
);

test("it fails when the server dies, and leaves no process behind", async () => {
  const demo = new Program(DEMO, OPTIONS);
  await demo.says("connected");
  const daemons = childrenOf(demo.pid);
  process.kill(daemons[0] ?? 0, "SIGKILL");
  const { code, stderr } = await demo.ended;
  assert.equal(code, 1);
  assert.match(stderr, /jamesd ended by itself \(SIGKILL\)/);
  await allEnded(daemons);
});

test("what a demo that was killed left behind is stopped by the next", async () => {
  const demo = new Program(DEMO, OPTIONS);
  await demo.says("connected");
  const daemons = childrenOf(demo.pid);
  await demo.stop("SIGKILL");
  const next = new Program(DEMO, OPTIONS);
  await next.says("connected");
  await allEnded(daemons);
  const { code, stderr } = await next.stop("SIGINT");
  assert.equal(code, 0, stderr);
});

test("told to stop before its end, --once fails and leaves no process behind", async () => {
  const demo = new Program([...DEMO, "--once"], OPTIONS);
  await demo.says("connected");
  const daemons = childrenOf(demo.pid);
  const { code } = await demo.stop("SIGTERM");
  assert.equal(code, 1);
  await allEnded(daemons);
});

test("it empties no folder that it did not make", async () => {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-demo-not-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "precious"), "");
  const { code, stderr } = await runProgram([process.execPath, MAIN, "--dir", folder, "--once"], OPTIONS);
  assert.equal(code, 1);
  assert.match(stderr, /was not made by the demo/);
  assert.equal(readFileSync(join(folder, "precious"), "utf8"), "");
});
