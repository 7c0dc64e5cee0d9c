import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  freePort,
  keep,
  Program,
  programCommand,
  readTree,
  runProgram,
  Sandbox,
  skipUnless,
  waitFor,
} from "@jamesd/testkit";

test("waitFor gives the first answer, passes errors on, and gives up with what it waited for", async () => {
  let asked = 0;
  assert.equal(await waitFor("three", () => (++asked < 3 ? undefined : asked)), 3);
  const failing = waitFor("nothing", () => Promise.reject(new Error("broken")));
  await assert.rejects(failing, /broken/);
  await assert.rejects(
    waitFor("godot", () => undefined, 0),
    /gave up waiting for godot/,
  );
});

test("a free port can be listened on", async () => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(port, "127.0.0.1", resolve));
  server.close();
});

test("a tree is read with types, modes and contents, so that any difference shows", () => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-kit-"));
  writeFileSync(join(dir, "a"), "x", { mode: 0o640 });
  symlinkSync("a", join(dir, "l"));
  writeFileSync(join(dir, "skipped"), "");
  const before = readTree(dir, ["skipped"]);
  assert.deepEqual(Object.keys(before), ["a", "l"]);
  assert.deepEqual([before.a?.mode, before.l?.type, before.l?.content], [0o640, "symlink", "a"]);
  writeFileSync(join(dir, "a"), "y");
  assert.notDeepEqual(readTree(dir, ["skipped"]), before);
  rmSync(dir, { recursive: true });
});

test("what is kept is made once, and nothing is there of what was cut short", async () => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-kit-"));
  const path = join(dir, "kept.txt");
  const cut = keep(path, async (part) => {
    writeFileSync(part, "half");
    throw new Error("cut");
  });
  await assert.rejects(cut, /cut/);
  assert.deepEqual(readdirSync(dir), []);
  let made = 0;
  const make = async (part: string): Promise<void> => writeFileSync(part, `${++made}`);
  const meanwhile = async (part: string): Promise<void> => {
    await make(part);
    writeFileSync(path, "another's");
  };
  assert.equal(await keep(path, meanwhile), path);
  assert.equal(await keep(path, make), path);
  assert.equal(made, 1);
  assert.deepEqual(readdirSync(dir), ["kept.txt"]);
  rmSync(dir, { recursive: true });
});

test("a program that ends before it says what is waited for fails the wait, with its words", async () => {
  const program = new Program([process.execPath, "-e", "console.error('oh no'); process.exitCode = 3"]);
  await assert.rejects(program.says("ready"), /oh no/);
  const { code, stderr } = await program.ended;
  assert.deepEqual([code, stderr], [3, "oh no\n"]);
  const echo = await runProgram(["cat"], { input: "through" });
  assert.equal(echo.stdout, "through");
});

test("what a machine lacks is skipped with a reason, and in CI not at all", (t) => {
  const before = process.env.CI;
  t.after(() => {
    delete process.env.CI;
    if (before !== undefined) process.env.CI = before;
  });
  delete process.env.CI;
  assert.equal(skipUnless(true, "x"), false);
  assert.equal(skipUnless(false, "needs x"), "needs x");
  process.env.CI = "true";
  assert.throws(() => skipUnless(false, "needs x"), /needs x/);
});

test("a sandbox leaves nothing behind: neither its folder nor what it started", async () => {
  let program: Program | undefined;
  let dir = "";
  {
    await using sandbox = await Sandbox.create();
    dir = sandbox.dir;
    program = await sandbox.startServer();
    assert.ok(existsSync(sandbox.path("pki/admin.crt")));
    assert.ok(program.isRunning);
  }
  assert.ok(!program.isRunning);
  assert.ok(!existsSync(dir));
});

test("sandboxes of a file have authorities of their own, and what is kept of a PKI has the modes that it was made with", async () => {
  await using one = await Sandbox.create(["device-1"]);
  await using two = await Sandbox.create(["device-1"]);
  const [ca, other] = [one, two].map((sandbox) => readFileSync(sandbox.path("pki/ca.crt"), "utf8"));
  assert.notEqual(ca, other);
  mkdirSync(one.path("fresh"));
  const made = await runProgram([...programCommand("pkitool"), "--init"], { cwd: one.path("fresh") });
  assert.equal(made.code, 0, made.stderr);
  const modes = (folder: string) =>
    ["", "ca.crt", "ca.key"].map((file) => statSync(join(folder, file)).mode.toString(8));
  assert.deepEqual(modes(one.path("pki")), modes(one.path("fresh/pki")));
  assert.deepEqual(modes(two.path("pki")), modes(one.path("fresh/pki")));
});
