import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SCRIPT_NAMES, sha256 } from "@jamesd/model";
import { requireTool, Sandbox } from "@jamesd/testkit";

const BESIDES = ["--conffile", "etc/app.conf", "--confirm", "connectivity=2m", "--allow-setid"];

/** Uploads a packet with these scripts, each of which says its own name. */
async function addApp(sandbox: Sandbox, scripts: readonly string[]): Promise<void> {
  const data = await sandbox.pack("app", {
    "etc/app.conf": "a = 1\n",
    "usr/bin/app": { text: "app\n", mode: 0o4755 },
    "usr/bin/link": { link: "app" },
    "var/empty": { dir: true, mode: 0o700 },
  });
  const flags = scripts.flatMap((name) => [`--${name}`, sandbox.write(`own/${name}`, `echo ${name}\n`)]);
  await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "v1", "--data", data, ...BESIDES, ...flags);
}

async function digestOf(sandbox: Sandbox): Promise<string> {
  const [packet] = JSON.parse(await sandbox.ctlOk("list-packets", "--output", "json"));
  return packet.digest;
}

test("the files and scripts that get-packet writes make the same packet again", {
  skip: requireTool("tar", "xz"),
}, async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.startServer();
  await addApp(sandbox, SCRIPT_NAMES);
  const out = await sandbox.ctlOk(
    ...["get-packet", "--name", "app", "--output", "app.out", "--scripts", "deep/scripts"],
  );
  assert.match(out, /preinst: deep\/scripts\/preinst\n/);
  const folder = sandbox.path("deep/scripts");
  assert.deepEqual(readdirSync(folder).sort(), SCRIPT_NAMES.toSorted());
  for (const name of SCRIPT_NAMES) {
    assert.equal(readFileSync(join(folder, name), "utf8"), `echo ${name}\n`);
    assert.equal(statSync(join(folder, name)).mode & 0o7777, 0o755);
  }
  const scripts = SCRIPT_NAMES.flatMap((name) => [`--${name}`, join(folder, name)]);
  const again = ["add-packet", "--name", "app", "--tags", "v1", "--data", "app.out", ...BESIDES, ...scripts];
  assert.match(
    await sandbox.ctlOk(...again),
    new RegExp(`digest: ${await digestOf(sandbox)}\n(.*\n)*new: false`),
  );
});

test("scripts alone, only those that the packet has; what is in the way is overwritten when forced", {
  skip: requireTool("tar", "xz"),
}, async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.startServer();
  await addApp(sandbox, ["preinst", "postrm"]);
  const get = ["get-packet", "--name", "app", "--scripts", "s"];
  const folder = sandbox.path("s");
  mkdirSync(folder);
  writeFileSync(join(folder, "postrm"), "mine");

  const refused = await sandbox.ctlAs("watcher", ...get, "--output", "app.out");
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /s\/postrm exists already \[FILE_EXISTS\]\n {2}hint: .*--force/);
  assert.deepEqual(readdirSync(folder), ["postrm"]);
  assert.equal(readFileSync(join(folder, "postrm"), "utf8"), "mine");
  assert.ok(!readdirSync(sandbox.dir).includes("app.out"), "nothing was written");

  const forced = await sandbox.ctlAs("watcher", ...get, "--force");
  assert.equal(forced.code, 0, forced.stderr);
  assert.deepEqual(readdirSync(folder).sort(), ["postrm", "preinst"]);
  assert.equal(readFileSync(join(folder, "postrm"), "utf8"), "echo postrm\n");

  const noFolder = await sandbox.ctl(...get.with(-1, "own/preinst"), "--force");
  assert.equal(noFolder.code, 2);
  assert.match(noFolder.stderr, /own\/preinst exists and is not a folder \[FILE_EXISTS\]/);
});

test("a script that the server has damaged does not get its name", {
  skip: requireTool("tar", "xz"),
}, async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.startServer();
  await addApp(sandbox, ["prerm"]);
  const digest = sha256("echo prerm\n");
  const blob = sandbox.path("data/blobs", digest.slice(0, 2), digest);
  chmodSync(blob, 0o600);
  writeFileSync(blob, "echo PRERM\n");
  const { code, stdout, stderr } = await sandbox.ctl("get-packet", "--name", "app", "--scripts", "s");
  assert.equal(code, 1, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /\[BLOB_DAMAGED\]/);
  assert.deepEqual(readdirSync(sandbox.path("s")), []);
});
