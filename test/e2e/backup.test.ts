import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import { type ProgramResult, requireTool, Sandbox } from "@jamesd/testkit";

const big = (name: string): string => `${name}\n`.repeat(30_000);

async function upload(sandbox: Sandbox, name: string): Promise<void> {
  const archive = await sandbox.pack(
    name,
    { [`opt/${name}/small`]: name, [`opt/${name}/big`]: big(name) },
    "",
  );
  await sandbox.ctlOk("add-packet", "--name", name, "--tags", "v1", "--data", archive);
}

/** What a person sees of a server. */
async function seen(sandbox: Sandbox): Promise<readonly string[]> {
  const commands = [["list-packets"], ["list-devices"], ["list-specs"], ["history"]];
  const shown = await Promise.all(commands.map((words) => sandbox.ctlOk(...words, "--output", "json")));
  // Who is connected is not in a backup.
  return shown.map((text) => text.replace(/"connected": \w+/, ""));
}

function backup(sandbox: Sandbox, ...args: readonly string[]): Promise<ProgramResult> {
  return sandbox.run("jamesd", ["backup", "--data", sandbox.path("data"), ...args]);
}

function restore(sandbox: Sandbox, from: string, to: string): Promise<ProgramResult> {
  return sandbox.run("jamesd", ["restore", "--from", from, "--data", to]);
}

test("a backup of a server that works on, restored, is that server", {
  skip: requireTool("tar"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  await upload(sandbox, "one");
  await upload(sandbox, "two");
  sandbox.write("s.yaml", "id: all\nselector: []\napps:\n- name: one\n  tags: [v1]\n");
  await sandbox.ctlOk("apply", "-f", "s.yaml", "--message", "why");
  assert.equal((await sandbox.runAgentOnce("device-1", ["arm"])).code, 0);
  const output = sandbox.path("backup");
  const first = await backup(sandbox, "--output", output);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^2 packets, copied 4 blobs, \d+ bytes\n$/);
  assert.equal(statSync(join(output, "jamesd.db")).mode & 0o777, 0o600);
  assert.equal(statSync(output).mode & 0o777, 0o700);

  // Uploads, removals and a collection go on while more backups are made.
  const busy = (async () => {
    for (let i = 0; i < 4; i += 1) {
      await upload(sandbox, `more${i}`);
      await sandbox.ctlOk("remove-packet", "--name", i === 0 ? "two" : `more${i - 1}`);
      await sandbox.run("jamesd", ["gc", "--data", sandbox.path("data")]);
    }
  })();
  for (let i = 0; i < 4; i += 1) {
    const { code, stderr } = await backup(sandbox, "--output", output);
    assert.equal(code, 0, stderr);
    const verified = await sandbox.run("jamesd", ["verify", "--data", output]);
    assert.equal(verified.code, 0, verified.stderr);
  }
  await busy;
  const again = await backup(sandbox, "--output", output);
  assert.match((await backup(sandbox, "--output", output)).stdout, /^2 packets, copied 0 blobs, 0 bytes\n$/);
  assert.equal(again.code, 0);
  const before = await seen(sandbox);
  await sandbox.stopServer();

  const restored = sandbox.path("restored");
  const done = await restore(sandbox, output, restored);
  assert.equal(done.code, 0, done.stderr);
  assert.match(
    done.stdout,
    /^2 packets, .*\nwho was locked out or rejected since the backup is so no more: .*\ndevices that .* are left alone until you decide: .*adopt-state\n$/,
  );
  await sandbox.startServer("--data", restored);
  assert.deepEqual(await seen(sandbox), before);
  await sandbox.ctlOk("get-packet", "--name", "one", "--output", sandbox.path("out.tar"));
  const small = execFileSync("tar", ["xOf", sandbox.path("out.tar"), "--wildcards", "*opt/one/small"]);
  assert.equal(small.toString(), "one");
  const inUse = await restore(sandbox, output, restored);
  assert.deepEqual([inUse.code, inUse.stdout], [2, ""]);
  assert.match(inUse.stderr, /is a data folder already \[FILE_EXISTS\]/);
});

test("what is no folder, and no backup, is called that, with the option that names it", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.startServer();
  const file = sandbox.write("state.yaml", "");
  symlinkSync("nowhere", sandbox.path("dang"));
  const copy = sandbox.path("copy");
  assert.equal((await backup(sandbox, "--output", copy)).code, 0);
  const said = async (run: Promise<ProgramResult>): Promise<string> => {
    const { code, stdout, stderr } = await run;
    assert.equal(stdout, "");
    return `${code} ${stderr.replaceAll(sandbox.dir, "DIR")}`;
  };
  assert.equal(
    await said(backup(sandbox, "--output", file)),
    "2 jamesd: DIR/state.yaml is a file, not a folder [FILE_EXISTS]\n  hint: Name an empty folder with --output.\n",
  );
  assert.equal(
    await said(backup(sandbox, "--output", sandbox.path("dang"))),
    "2 jamesd: DIR/dang is a link that leads nowhere [FILE_EXISTS]\n  hint: Name an empty folder with --output.\n",
  );
  assert.equal(
    await said(backup(sandbox, "--output", join(file, "below"))),
    "2 jamesd: cannot use DIR/state.yaml/below (ENOTDIR) [FILE_UNREADABLE]\n  hint: Name an empty folder that jamesd may write to with --output.\n",
  );
  assert.equal(
    await said(restore(sandbox, copy, file)),
    "2 jamesd: DIR/state.yaml is a file, not a folder [FILE_EXISTS]\n  hint: Name an empty folder with --data.\n",
  );
  assert.equal(
    await said(restore(sandbox, sandbox.path("nobk"), sandbox.path("new"))),
    "2 jamesd: there is no DIR/nobk/jamesd.db [FILE_UNREADABLE]\n  hint: Name the folder of a backup with --from.\n",
  );
});

test("what is damaged is named; nothing that is no backup is replaced; an interrupted one goes on", {
  skip: requireTool("tar"),
}, async () => {
  await using sandbox = await Sandbox.create([]);
  await sandbox.startServer();
  await upload(sandbox, "one");
  await sandbox.stopServer();
  const [data, output, restored] = [sandbox.path("data"), sandbox.path("backup"), sandbox.path("restored")];
  for (const [args, says] of [
    [["backup", "--data", sandbox.path("none"), "--output", output], /there is no .*none\/jamesd\.db/],
    [["backup", "--data", data, "--output", data], /is the data folder of a jamesd, not a backup/],
    [["backup", "--data", data], /--output/],
    [["restore", "--from", sandbox.path("none"), "--data", restored], /there is no .*none\/jamesd\.db/],
  ] as const) {
    const { code, stderr } = await sandbox.run("jamesd", args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
  }
  assert.equal((await backup(sandbox, "--output", output)).code, 0);
  const digest = sha256("one");
  const blob = join(output, "blobs", digest.slice(0, 2), digest);
  writeFileSync(blob, "two");
  const refused = await restore(sandbox, output, restored);
  assert.match(refused.stderr, new RegExp(`the blob ${digest} is damaged \\[BLOB_DAMAGED\\]`));
  assert.ok(!existsSync(join(restored, "jamesd.db")));
  // The next backup mends it, and the restore that was interrupted goes on.
  assert.match((await backup(sandbox, "--output", output)).stdout, /copied 1 blobs, 3 bytes/);
  assert.equal(readFileSync(blob, "utf8"), "one");
  assert.equal((await restore(sandbox, output, restored)).code, 0);
  rmSync(join(data, "blobs", digest.slice(0, 2), digest));
  rmSync(blob);
  const missing = await backup(sandbox, "--output", output);
  assert.match(missing.stderr, new RegExp(`the blob ${digest} is missing \\[BLOB_DAMAGED\\]`));
  assert.ok(readdirSync(output).includes("jamesd.db"));
});
