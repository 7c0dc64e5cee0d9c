import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { writeArchive } from "@jamesd/archive/write";
import { type Entry, makePacket, SCRIPT_NAMES, sha256 } from "@jamesd/model";
import { requireTool, Sandbox } from "@jamesd/testkit";

const BESIDES = [
  ...["--conffile", "etc/app.conf", "--confirm", "connectivity=2m", "--owners", "ignore"],
  ...["--allow-setid", "--allow-agent"],
];

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
  const { entries } = JSON.parse(await sandbox.ctlOk("get-packet", "--name", "app", "--output", "json"));
  const modes = new Map(entries.map(({ path, mode }: { path: string; mode: string }) => [path, mode]));
  assert.deepEqual([modes.get("usr/bin/app"), modes.get("usr/bin/link")], ["4755", "0777"]);
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

test("what a server gives for a digest is only taken when it is that, and nothing is left of it", async (context) => {
  await using sandbox = await Sandbox.create();
  const file: Entry = {
    type: "file",
    path: "etc/a",
    uid: 0,
    gid: 0,
    mode: 0o644,
    digest: sha256("a"),
    size: 1,
  };
  const asked = makePacket({ name: "app", tags: ["v1"], scripts: {}, manifest: [file] });
  const other = { ...asked, manifest: [{ ...file, mode: 0o777 }] };
  const info = { digest: asked.digest, name: "app", tags: ["v1"], scripts: [], files: 1, size: 1 };
  const list = [{ ...info, sequence: 1, uploaded: 0, author: "x" }];
  let packet: object = other;
  const pem = (name: string) => readFileSync(sandbox.path("pki", name));
  const server = createServer(
    { cert: pem("jamesd.crt"), key: pem("jamesd.key") },
    ({ url = "" }, response) => {
      if (url.endsWith("/archive")) writeArchive(other.manifest, () => Readable.from("a")).pipe(response);
      else response.end(JSON.stringify(url.includes(asked.digest) ? packet : list));
    },
  );
  await new Promise<void>((resolve) => server.listen(sandbox.port, "127.0.0.1", resolve));
  context.after(() => server.close());
  const outputs = [[], ["--output", "out.tar"], ["--scripts", "s"]];
  for (const output of outputs) {
    const { code, stderr } = await sandbox.ctl("get-packet", "--name", "app", ...output);
    assert.match(stderr, /\[DIGEST_MISMATCH\]/);
    assert.equal(code, 2);
  }
  packet = asked;
  assert.match(
    (await sandbox.ctl("get-packet", "--name", "app", "--output", "out.tar")).stderr,
    /the archive that came for packet .* is another one's \[DIGEST_MISMATCH\]/,
  );
  assert.deepEqual(readdirSync(sandbox.dir), ["pki"]);
});
