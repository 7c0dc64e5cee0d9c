import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
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
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { requireTool } from "@jamesd/testkit";
import { UpdateLock } from "../src/update-lock.ts";

function scene(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), "update-lock-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "update.lock");
  return { dir, file, lock: new UpdateLock(file) };
}

async function ended(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

test("a file that an application has locked is held by it, until it lets go", {
  skip: requireTool("flock"),
}, async (t) => {
  const { dir, file, lock } = scene(t);
  assert.equal(lock.holder(), undefined, "there is no file");
  lock.make();
  assert.equal(lock.holder(), undefined);
  const app = spawn("flock", [file, "sh", "-c", "echo locked; read line"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => ended(app));
  await once(app.stdout, "data");
  assert.match(lock.holder() ?? "", /^process \d+ \(\w+\)$/);
  const other = join(dir, "other.lock");
  writeFileSync(other, "");
  assert.equal(new UpdateLock(other).holder(), undefined);
  app.stdin.end("done\n");
  await once(app, "exit");
  assert.equal(lock.holder(), undefined);
});

test("what the kernel lists is read as it writes it; who only waits for a lock holds none", (t) => {
  const { dir, file } = scene(t);
  writeFileSync(file, "");
  const { ino } = statSync(file);
  const locks = join(dir, "locks");
  const lock = new UpdateLock(file, locks);
  const says = (...lines: readonly string[]) => {
    writeFileSync(locks, `${lines.join("\n")}\n`);
    return lock.holder()?.split(" (")[0];
  };
  const app = `process ${process.pid}`;
  const line = (kind: string, inode = ino) =>
    `1: ${kind} ADVISORY  WRITE ${process.pid} ff:99:${inode} 0 EOF`;
  assert.equal(says(line("FLOCK ")), undefined, "another device, and it has not opened the file");
  assert.equal(says(line("FLOCK ", ino + 1)), undefined);
  const device = deviceOf(file);
  assert.equal(says(line("FLOCK ").replace("ff:99", device)), app);
  assert.equal(says(line("POSIX ").replace("ff:99", device)), app);
  assert.equal(says(line("-> FLOCK ").replace("ff:99", device)), undefined);
  assert.equal(says("what else there may be"), undefined);
});

/** As the kernel writes it, told by another function than the lock's. */
function deviceOf(file: string): string {
  const { dev } = statSync(file);
  const text = (number: number) => number.toString(16).padStart(2, "0");
  return `${text(Math.floor(dev / 256) % 4096)}:${text((dev % 256) + Math.floor(dev / 2 ** 20) * 256)}`;
}

test("who is named in the folder holds it, as long as it lives", async (t) => {
  const { file, lock } = scene(t);
  const app = spawn("sleep", ["60"]);
  t.after(() => ended(app));
  const held = lock.hold(app.pid as number);
  assert.equal(lock.holder(), `process ${app.pid} (sleep)`);
  held.release();
  assert.equal(lock.holder(), undefined);
  lock.hold(app.pid as number);
  await ended(app);
  assert.equal(lock.holder(), undefined, "it has ended without a word");
  const [name = ""] = readdirSync(`${file}.d`);
  rmSync(join(`${file}.d`, name));
  writeFileSync(join(`${file}.d`, `${process.pid}-1`), "");
  assert.equal(lock.holder(), undefined, "another process has its number");
  assert.equal(existsSync(file), false);
});

test("who names a process in a folder of others makes and changes nothing where their links lead", (t) => {
  const { dir, file, lock } = scene(t);
  const [folder, elsewhere] = [`${file}.d`, join(dir, "elsewhere")];
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, folder);
  assert.throws(() => lock.hold(process.pid), { code: "FILE_UNREADABLE" });
  assert.deepEqual(readdirSync(elsewhere), []);

  rmSync(folder);
  lock.hold(process.pid).release();
  mkdirSync(folder, { recursive: true });
  const name = join(folder, `${process.pid}-${startOf(process.pid)}`);
  const kept = join(elsewhere, "shadow");
  writeFileSync(kept, "root:x\n");
  symlinkSync(kept, name);
  const held = lock.hold(process.pid);
  assert.ok(lock.holder());
  held.release();
  held.release();
  assert.equal(readFileSync(kept, "utf8"), "root:x\n");
  assert.equal(lock.holder(), undefined);
  mkdirSync(name);
  lock.hold(process.pid).release();
  assert.ok(existsSync(name));
});

/** When a process began, as the names have it. proc_pid_stat(5) */
function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

test("a link that leads round in a circle is no lock", (t) => {
  const { file, lock } = scene(t);
  symlinkSync(file, file);
  lock.make();
  assert.equal(lock.holder(), undefined);
});

test("what others put in its place is not waited for, and nothing is made where it leads", {
  skip: requireTool("mkfifo"),
}, (t) => {
  const { dir, file, lock } = scene(t);
  execFileSync("mkfifo", [file]);
  lock.make();
  rmSync(file);
  symlinkSync(join(dir, "elsewhere"), file);
  lock.make();
  assert.equal(existsSync(join(dir, "elsewhere")), false);
  rmSync(file);
  lock.make();
  assert.ok(statSync(file).isFile());
});
