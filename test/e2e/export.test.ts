import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { describe, test } from "node:test";
import { EXIT_CODES } from "@jamesd/config";
import { requireTool, Sandbox } from "@jamesd/testkit";

interface Listed {
  readonly name: string;
  readonly digest: string;
}

const digests = async (sandbox: Sandbox): Promise<readonly string[]> =>
  (JSON.parse(await sandbox.ctlOk("list-packets", "--output", "json")) as Listed[]).map(
    ({ digest }) => digest,
  );

const SCRIPTS = ["preinst", "postinst", "prerm", "postrm", "healthcheck"] as const;

/** A server with packets of every kind, oldest first: their digests, newest first. */
async function fill(sandbox: Sandbox): Promise<readonly string[]> {
  const scripts = SCRIPTS.flatMap((name) => [`--${name}`, sandbox.write(name, `#!/bin/sh\n# ${name}\n`)]);
  const tree = await sandbox.pack("full", {
    "etc/app.conf": { text: "port 1194\n", mode: 0o640 },
    "usr/bin/app": { text: "a program\n".repeat(20_000), mode: 0o4755 },
    "usr/bin/link": { link: "app" },
    "var/empty": { dir: true, mode: 0o711 },
    "usr/share/none": "",
  });
  const full = ["--name", "app", "--tags", "v1,armv7l", "--data", tree, ...scripts];
  const more = [
    "--conffile",
    "etc/app.conf",
    "--confirm",
    "connectivity=5m",
    "--unowned",
    "adopt",
    "--allow-setid",
  ];
  await sandbox.ctlOk("add-packet", ...full, ...more);
  const other = await sandbox.pack("other", { "usr/bin/app": "a program\n".repeat(20_000) });
  await sandbox.ctlOk("add-packet", "--name", "other", "--data", other);
  await sandbox.ctlOk("add-packet", "--name", "other", "--tags", "v2", "--data", other);
  return digests(sandbox);
}

const skip = requireTool("tar", "xz");

describe("packets are carried to another server in a file", { skip }, () => {
  test("and are the same there, in the same order; what is there already is passed over", async () => {
    await using from = await Sandbox.create([]);
    await using to = await Sandbox.create([]);
    await from.startServer();
    await to.startServer();
    const there = await fill(from);
    const file = from.path("packets.tar");
    assert.match(await from.ctlOk("export", "--output", file), /^packets: 3\n/);
    const again = await from.ctl("export", "--output", file);
    assert.deepEqual([again.code, /FILE_EXISTS/.test(again.stderr)], [EXIT_CODES.input, true]);
    const names = execFileSync("tar", ["-tf", file], { encoding: "utf8" }).trim().split("\n");
    assert.equal(new Set(names).size, names.length, "every content is there once");
    assert.equal(names.filter((name) => name.startsWith("./packets/")).length, 3);

    const imported = JSON.parse(await to.ctlOk("import", "--data", file, "--output", "json"));
    assert.deepEqual(imported.added.map(({ digest }: Listed) => digest).toReversed(), there);
    assert.deepEqual(await digests(to), there);
    assert.match(await to.ctlOk("import", "--data", file), /^added: \[\]\npresent: 3\n$/);
    assert.deepEqual(readdirSync(to.path("data/uploads")), []);
  });

  test("all of them, or those of a name or with tags", async () => {
    await using from = await Sandbox.create([]);
    await using to = await Sandbox.create([]);
    await from.startServer();
    await to.startServer();
    const [newest] = await fill(from);
    await from.ctlOk("export", "--name", "other", "--tags", "v2", "--output", from.path("one.tar"));
    await to.ctlOk("import", "--data", from.path("one.tar"));
    assert.deepEqual(await digests(to), [newest]);
    const none = await from.ctl("export", "--name", "nothing", "--output", from.path("none.tar"));
    assert.deepEqual([none.code, existsSync(from.path("none.tar"))], [EXIT_CODES.missing, false]);
  });

  test("a packet that the other server has with other content is named, and those before it stay", async () => {
    await using from = await Sandbox.create([]);
    await using to = await Sandbox.create([]);
    await from.startServer();
    await to.startServer();
    const there = await fill(from);
    await from.ctlOk("export", "--output", from.path("packets.tar"));
    const other = await to.pack("mine", { "opt/mine": "mine\n" });
    await to.ctlOk("add-packet", "--name", "other", "--data", other);
    const { code, stderr } = await to.ctl("import", "--data", from.path("packets.tar"));
    assert.equal(code, EXIT_CODES.conflict);
    assert.match(stderr, /the packet other without tags was uploaded with other content \[PACKET_CONFLICT\]/);
    assert.equal((await digests(to))[0], there.at(-1));
  });

  test("a file that is damaged, cut, foreign or of another format is refused before anything is sent", async () => {
    await using sandbox = await Sandbox.create([]);
    await sandbox.startServer();
    await fill(sandbox);
    const file = sandbox.path("packets.tar");
    await sandbox.ctlOk("export", "--output", file);
    for (const tags of ["", "v2"]) await sandbox.ctlOk("remove-packet", "--name", "other", "--tags", tags);
    const left = await digests(sandbox);
    const whole = readFileSync(file);
    const changed = (at: number, text: string): Buffer => {
      const bytes = Buffer.from(whole);
      bytes.write(text, at);
      return bytes;
    };
    const blob = whole.indexOf("./blobs/");
    const tarOf = (name: string, flags: readonly string[]): Buffer => {
      execFileSync("tar", ["-cf", sandbox.path(name), ...flags]);
      return readFileSync(sandbox.path(name));
    };
    const wrong: Readonly<Record<string, [content: Buffer, message: RegExp]>> = {
      "a changed content": [changed(whole.indexOf("a program") + 3, "X"), /ARCHIVE_CORRUPT/],
      "a changed packet": [
        changed(whole.indexOf('"path":"usr/bin/app"') + 9, "X"),
        /digest says \[ARCHIVE_CORRUPT/,
      ],
      "a content of another name": [changed(blob + 8, "0000"), /is missing \[ARCHIVE_CORRUPT/],
      "cut in the middle": [whole.subarray(0, whole.length / 2), /ARCHIVE_TRUNCATED/],
      "cut before its end": [whole.subarray(0, whole.length - 1500), /ARCHIVE_(TRUNCATED|CORRUPT)/],
      "another format": [
        changed(whole.indexOf('{"format":1}') + 10, "9"),
        /of the format 9 \[ARCHIVE_NOT_RECOGNISED/,
      ],
      "a tar of something else": [tarOf("a.tar", ["-C", sandbox.path("pki"), "."]), /no export of packets/],
      "a tar with links": [
        tarOf("b.tar", ["-C", sandbox.path("full-root"), "usr/bin/link"]),
        /no export of packets/,
      ],
      "no tar": [Buffer.from("this is no tar ".repeat(100)), /no export of packets/],
      empty: [Buffer.alloc(0), /ARCHIVE_TRUNCATED/],
      zeros: [Buffer.alloc(2048), /no export of packets/],
    };
    for (const [name, [content, message]] of Object.entries(wrong)) {
      writeFileSync(sandbox.path("wrong.tar"), content);
      const { code, stderr } = await sandbox.ctl("import", "--data", sandbox.path("wrong.tar"));
      assert.equal(code, EXIT_CODES.input, `${name}: ${stderr}`);
      assert.match(stderr, message, name);
      assert.doesNotMatch(stderr, /\n\s+at /, name);
    }
    const missing = await sandbox.ctl("import", "--data", sandbox.path("nothing.tar"));
    assert.match(missing.stderr, /FILE_UNREADABLE/);
    assert.deepEqual(await digests(sandbox), left);
    assert.deepEqual(readdirSync(sandbox.path("data/uploads")), []);
  });
});

test("get-packet gives back what add-packet makes the same packet of", { skip }, async () => {
  await using sandbox = await Sandbox.create([]);
  await sandbox.startServer();
  await fill(sandbox);
  const out = sandbox.path("out");
  const which = ["get-packet", "--name", "app", "--tags", "v1,armv7l"];
  await sandbox.ctlOk(...which, "--output", sandbox.path("app.tar"), "--scripts", out);
  assert.deepEqual(readdirSync(out).sort(), [...SCRIPTS].sort());
  for (const name of SCRIPTS) {
    assert.equal(readFileSync(`${out}/${name}`, "utf8"), `#!/bin/sh\n# ${name}\n`);
    assert.equal(statSync(`${out}/${name}`).mode & 0o111, 0o111 & ~process.umask());
  }
  const scripts = SCRIPTS.flatMap((name) => [`--${name}`, `${out}/${name}`]);
  const more = [
    "--conffile",
    "etc/app.conf",
    "--confirm",
    "connectivity=5m",
    "--unowned",
    "adopt",
    "--allow-setid",
  ];
  const same = [
    "--name",
    "app",
    "--tags",
    "v1,armv7l",
    "--data",
    sandbox.path("app.tar"),
    ...scripts,
    ...more,
  ];
  assert.match(await sandbox.ctlOk("add-packet", ...same), /new: false/);

  truncateSync(`${out}/prerm`, 0);
  const again = await sandbox.ctl(...which, "--scripts", out);
  assert.equal(again.code, EXIT_CODES.input);
  assert.match(again.stderr, /FILE_EXISTS/);
  assert.equal(statSync(`${out}/prerm`).size, 0);
  assert.match(await sandbox.ctlOk(...which, "--scripts", out, "--force"), /^scripts:\n- .*preinst\n/);
  assert.ok(statSync(`${out}/prerm`).size > 0);
  mkdirSync(sandbox.path("none"));
  assert.match(
    await sandbox.ctlOk("get-packet", "--name", "other", "--tags", "v2", "--scripts", sandbox.path("none")),
    /scripts: \[\]/,
  );
});
