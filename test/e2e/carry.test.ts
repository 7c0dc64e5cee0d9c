// biome-ignore-all lint/style/noExcessiveLinesPerFile: still to be cut where it parts
import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { after, before, describe, test } from "node:test";
import { SCRIPT_NAMES } from "@jamesd/model";
import { type ProgramResult, requireTool, runProgram, Sandbox, waitFor } from "@jamesd/testkit";
import { run } from "../../apps/jamesd-ctl/src/run.ts";

interface Listed {
  readonly name: string;
  readonly tags: readonly string[];
  readonly digest: string;
  readonly sequence: number;
}

/** The packets of a server, newest first. */
async function packetsOf(sandbox: Sandbox): Promise<readonly Listed[]> {
  return JSON.parse(await sandbox.get("/v1/packets"));
}

async function digestsOf(sandbox: Sandbox): Promise<readonly string[]> {
  return (await packetsOf(sandbox)).map(({ digest }) => digest);
}

/** Everything that a packet can be and have; then small ones, which have contents in common. */
async function fillServer(sandbox: Sandbox): Promise<void> {
  const big = Buffer.alloc(700_000, "0123456789").toString();
  const all = await sandbox.pack("all", {
    "etc/all.conf": "a = 1\n",
    "usr/bin/all": { text: big, mode: 0o4755 },
    "usr/bin/empty": { text: "", mode: 0o600 },
    "usr/bin/link": { link: "all" },
    "usr/bin/absolute": { link: "/usr/bin/all" },
    [`usr/share/${"long".repeat(40)}/ünï`]: "deep\n",
    "var/lib/all": { dir: true, mode: 0o2770 },
  });
  const scripts = SCRIPT_NAMES.flatMap((name) => [`--${name}`, sandbox.write(name, `echo ${name}\n`)]);
  const besides = ["--conffile", "etc/all.conf", "--confirm", "connectivity=2m", "--unowned", "adopt"];
  const add = (name: string, tags: string, data: string, ...rest: readonly string[]) =>
    sandbox.ctlOk("add-packet", "--name", name, "--data", data, "--tags", tags, ...rest);
  await add("all", "v1,armv7l", all, ...scripts, ...besides, "--allow-setid", "--allow-agent");
  const one = await sandbox.pack("one", { "opt/one": "one\n", "opt/big": big });
  const two = await sandbox.pack("two", { "opt/two": "two\n", "opt/big": big }, "--gzip");
  const nothing = await sandbox.pack("nothing", {}, "");
  await add("app", "v2", two);
  await add("app", "v1", one, "--postinst", sandbox.path("preinst"));
  await add("nothing", "v1", nothing);
}

describe("packets are carried from one server to another in a file", {
  skip: requireTool("tar", "xz"),
}, () => {
  let source: Sandbox;
  let file: string;

  before(async () => {
    source = await Sandbox.create();
    await source.startServer();
    await fillServer(source);
    file = source.path("all.export");
    await source.ctlOk("export", "--output", file);
  });
  after(async () => source[Symbol.asyncDispose]());

  /** A second server, under another authority, with an empty store. */
  async function target(): Promise<Sandbox> {
    const sandbox = await Sandbox.create();
    await sandbox.startServer();
    return sandbox;
  }

  async function members(path: string): Promise<readonly string[]> {
    return (await runProgram(["tar", "tf", path])).stdout.trimEnd().split("\n");
  }

  async function refused(sandbox: Sandbox, path: string, says: RegExp): Promise<void> {
    const before = await digestsOf(sandbox);
    const { code, stdout, stderr } = await sandbox.ctl("import", path);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, says);
    assert.match(stderr, /^jamesd-ctl: cannot import .*\[EXPORT_INVALID\]\n {2}hint: .*\n$/);
    assert.deepEqual(await digestsOf(sandbox), before);
    assert.deepEqual(readdirSync(sandbox.path("data/uploads")), [], "nothing was uploaded");
  }

  /** Takes the file apart, changes it, and makes a plain tar of what is there, in the same order. */
  async function remade(name: string, change: (folder: string, names: string[]) => void): Promise<string> {
    const folder = source.path(`${name}-parts`);
    const names = [...(await members(file))];
    await runProgram(["mkdir", folder]);
    await runProgram(["tar", "xf", file, "-C", folder]);
    change(folder, names);
    const path = source.path(`${name}.export`);
    const { code, stderr } = await runProgram(["tar", "--format=ustar", "-cf", path, "-C", folder, ...names]);
    assert.equal(code, 0, stderr);
    return path;
  }

  test("digests and order are the same; again, all is there already", async () => {
    await using other = await target();
    const first = JSON.parse(await other.ctlOk("import", file, "--output", "json"));
    assert.deepEqual([first.imported, first.skipped], [4, 0]);
    assert.deepEqual(await digestsOf(other), await digestsOf(source));
    const again = JSON.parse(await other.ctlOk("--cmd", "import", "--output", "json", file));
    assert.deepEqual([again.imported, again.skipped], [0, 4]);
    assert.deepEqual(
      again.packets.map(({ name, tags, new: isNew }: Listed & { new: boolean }) => [name, tags, isNew]),
      [
        ["all", ["armv7l", "v1"], false],
        ["app", ["v2"], false],
        ["app", ["v1"], false],
        ["nothing", ["v1"], false],
      ],
    );

    const nothingToSend = await other.ctlAs("watcher", "import", file);
    assert.equal(nothingToSend.code, 0, nothingToSend.stderr);

    const back = other.path("back.export");
    await other.ctlOk("export", "--output", back);
    assert.deepEqual(await members(back), await members(file), "the same members in the same order");
    const detail = ["get-packet", "--name", "all"];
    const without = (text: string) => text.replace(/^uploaded: .*$/m, "");
    assert.equal(without(await other.ctlOk(...detail)), without(await source.ctlOk(...detail)));
  });

  test("the file is a plain tar, each content in it once, and can be told from its parts", async () => {
    const names = await members(file);
    assert.equal(names[0], "jamesd-export.json");
    assert.equal(new Set(names).size, names.length);
    const numbered = names.filter((name) => name.startsWith("packets/"));
    const oldestFirst = (await digestsOf(source)).toReversed();
    assert.deepEqual(
      numbered,
      oldestFirst.map((digest, i) => `packets/000${i + 1}-${digest}.json`),
    );
    const same = await remade("same", () => undefined);
    await using other = await target();
    await other.ctlOk("import", same);
    assert.deepEqual(await digestsOf(other), await digestsOf(source));
  });

  test("a viewer exports; only an operator imports", async () => {
    const { code, stderr } = await source.ctlAs("watcher", "export", "--output", "viewer.export");
    assert.equal(code, 0, stderr);
    await using other = await target();
    const asViewer = await other.ctlAs("watcher", "import", file);
    assert.equal(asViewer.code, 3);
    assert.match(asViewer.stderr, /all \[armv7l, v1\], packet 1 of 4 in .*\[ROLE_FORBIDDEN\]/);
    assert.deepEqual(await digestsOf(other), []);
  });

  test("a filter chooses; what is chosen comes alone, and the rest later", async () => {
    await using other = await target();
    const exported = await source.ctlOk("export", "--name", "app", "--tags", "v1", "--output", "app.export");
    assert.match(exported, /^packets:\n- name: app\n {2}tags:\n {2}- v1\n {2}digest: \w{64}\n$/m);
    await other.ctlOk("import", source.path("app.export"));
    const [app] = await packetsOf(other);
    assert.deepEqual([app?.name, app?.tags], ["app", ["v1"]]);
    const rest = await other.ctlOk("import", file, "--output", "table");
    assert.deepEqual(rest.match(/(true|false)$/gm), ["true", "true", "false", "true"]);
    assert.deepEqual([...(await digestsOf(other))].sort(), [...(await digestsOf(source))].sort());

    const none = await source.ctl("export", "--name", "nobody", "--output", "none.export");
    assert.deepEqual([none.code, none.stdout], [1, ""]);
    assert.match(none.stderr, /no packet to export \[PACKET_UNKNOWN\]/);
  });

  test("what it means for devices is said, and on a terminal asked, before anything is added", async () => {
    await using other = await Sandbox.create(["device-1"]);
    await other.startServer();
    const plain = await other.pack("plain", { "opt/plain": "plain\n" });
    await other.ctlOk("add-packet", "--name", "app", "--data", plain);
    await other.runAgentOnce("device-1");
    const state = other.write("state.yaml", "id: device-1\napps:\n- name: app\n  tags: [v1]\n");
    await other.ctlOk("set-desired-state", "--file", state);
    const before = await digestsOf(other);
    /** In this process, with a person at the terminal who writes this. */
    const answered = async (written: string, ...flags: readonly string[]) => {
      const stdin = Object.assign(new PassThrough(), { isTTY: true });
      stdin.end(written);
      const told: string[] = [];
      const code = await run(["import", file, ...flags], {
        env: other.ctlEnv("admin"),
        output: { out: () => undefined, err: (text) => void told.push(text) },
        isTerminal: true,
        stdin,
        signal: new AbortController().signal,
      });
      return { code, told: told.join("") };
    };
    const no = await answered("n\n");
    assert.equal(no.code, 2, no.told);
    assert.match(
      no.told,
      /^adding these 4 packets changes 1 device \(\d connected\): device-1\n.*\[CANCELLED\]/,
    );
    assert.deepEqual(await digestsOf(other), before);
    const yes = await answered("n\n", "--yes");
    assert.deepEqual([yes.code, (await digestsOf(other)).length], [0, 5], yes.told);
    const again = await answered("n\n");
    assert.deepEqual(again, { code: 0, told: "" });
  });

  test("a file in the way is overwritten only when forced; without a file nothing is exported", async () => {
    const there = source.write("there.export", "mine");
    const kept = await source.ctl("export", "--output", there);
    assert.equal(kept.code, 2);
    assert.match(kept.stderr, /there\.export exists already \[FILE_EXISTS\]\n {2}hint: .*--force/);
    assert.equal(readFileSync(there, "utf8"), "mine");
    await source.ctlOk("export", "--output", there, "--force");
    assert.equal(statSync(there).size, statSync(file).size);
    const noFile = await source.ctl("export", "--output", "yaml");
    assert.equal(noFile.code, 2);
    assert.match(noFile.stderr, /export needs --output FILE \[USAGE\]/);
    const left = readdirSync(source.dir).filter((name) => name.endsWith(".tmp"));
    assert.deepEqual(left, []);
  });

  test("an export that cannot be finished leaves nothing", async () => {
    await using other = await target();
    await other.ctlOk("import", file);
    const blobs = other.path("data/blobs");
    const large = await waitFor("large contents as devices get them", () => {
      const names = readdirSync(blobs, { recursive: true, encoding: "utf8" });
      return names.some((name) => /^[^.]+\.zst$/.test(name))
        ? undefined
        : names.find((name) => name.endsWith(".best.zst"));
    });
    writeFileSync(`${blobs}/${large}`, "damaged");
    const { code, stderr } = await other.ctl("export", "--output", "bad.export");
    assert.equal(code, 1, stderr);
    assert.match(stderr, /\[BLOB_DAMAGED\]/);
    assert.deepEqual(
      readdirSync(other.dir).filter((name) => name.includes("bad.export")),
      [],
    );
  });

  test("what is damaged, cut or foreign is refused before anything is uploaded", async (t) => {
    await using other = await target();
    const copy = (name: string): string => {
      copyFileSync(file, source.path(name));
      return source.path(name);
    };
    await t.test("a flipped byte in a content", async () => {
      const path = copy("flipped");
      const bytes = readFileSync(path);
      const at = bytes.indexOf("0123456789");
      bytes[at] = 0x58;
      writeFileSync(path, bytes);
      await refused(other, path, /the content \w{64} is not what its name says/);
    });
    await t.test("a flipped byte in a packet", async () => {
      const path = copy("flipped-packet");
      const bytes = readFileSync(path);
      bytes[bytes.indexOf('"mode":384') + 7] = 0x34;
      writeFileSync(path, bytes);
      await refused(other, path, /the packet \w{64} in it is not what its name says/);
    });
    for (const part of [0.001, 0.5, 0.999])
      await t.test(`a file cut after ${part} of it`, async () => {
        const path = copy("cut");
        truncateSync(path, Math.floor(statSync(path).size * part));
        await refused(other, path, /the tar (ends too early|has no end)/);
      });
    await t.test("an empty file", () =>
      refused(other, source.write("empty", ""), /it was not written by export/),
    );
    await t.test("a file that is no tar", () =>
      refused(other, source.write("text", "text\n".repeat(1000)), /it was not written by export/),
    );
    await t.test("a foreign tar", async () =>
      refused(
        other,
        await source.pack("foreign", { "etc/x": "x\n" }, ""),
        /it was not written by export.*\n.*to upload an archive use add-packet/,
      ),
    );
    await t.test("a format of the future", async () => {
      const path = await remade("future", (folder) =>
        writeFileSync(
          `${folder}/jamesd-export.json`,
          '{"format":2,"made":"2030-01-01T00:00:00Z","packets":4}',
        ),
      );
      await refused(other, path, /it is of the format 2; this jamesd-ctl reads the format 1.*\n.*newer/);
    });
    await t.test("a content that is missing", async () => {
      const path = await remade("missing", (_, names) => {
        names.splice(
          names.findLastIndex((name) => name.startsWith("blobs/")),
          1,
        );
      });
      await refused(other, path, /the content \w{64} of app is missing/);
    });
    await t.test("a packet that is missing at the end", async () => {
      const path = await remade("fewer", (_, names) => void names.pop());
      await refused(other, path, /it has 3 of 4 packets/);
    });
    await t.test("packets out of order", async () => {
      const path = await remade("order", (_, names) => void names.splice(1, 0, ...names.splice(-1)));
      await refused(other, path, /"packets\/0004-\w+\.json" is out of order/);
    });
    await t.test("a content that nothing needs", async () => {
      const path = await remade("more", (folder, names) => {
        const name = `blobs/${"0".repeat(64)}`;
        writeFileSync(`${folder}/${name}`, "x");
        names.push(name);
      });
      await refused(other, path, /the content 0{64} is there for no packet/);
    });
    await t.test("something else", async () => {
      const path = await remade("else", (folder, names) => {
        writeFileSync(`${folder}/etc`, "x");
        names.push("etc");
      });
      await refused(other, path, /"etc" does not belong into an export/);
    });
    await t.test("a link in place of a content", async () => {
      const path = await remade("link", (_, names) => {
        const blobs = names.filter((name) => name.startsWith("blobs/"));
        names.push(blobs[0] ?? "");
      });
      await refused(other, path, /"blobs\/\w{64}" does not belong into an export/);
    });
    const notThere: ProgramResult = await other.ctl("import", "nowhere");
    assert.equal(notThere.code, 2);
    assert.match(notThere.stderr, /cannot read nowhere.*\[FILE_UNREADABLE\]/);
    const folder = await other.ctl("import", ".");
    assert.match(folder.stderr, /\. is not a file \[FILE_UNREADABLE\]/);
    const unnamed = await other.ctl("import");
    assert.match(unnamed.stderr, /import needs FILE \[USAGE\]/);
  });

  test("a packet that stands in the way is named; those before it stay, and import goes on from there", async () => {
    await using other = await target();
    const own = await other.pack("own", { "opt/own": "own\n" });
    await other.ctlOk("add-packet", "--name", "app", "--data", own, "--tags", "v1");
    const { code, stdout, stderr } = await other.ctl("import", file, "--output", "json");
    assert.equal(code, 1, stderr);
    assert.match(stderr, /app \[v1\], packet 3 of 4 in .*: the packet app .*\[PACKET_CONFLICT\]\n/);
    const { imported, packets } = JSON.parse(stdout);
    assert.equal(imported, 2);
    assert.equal(packets.length, 2);
    const ownFirst = await packetsOf(other);
    assert.deepEqual(
      ownFirst.map(({ name, tags }) => [name, tags]),
      [
        ["app", ["v2"]],
        ["all", ["armv7l", "v1"]],
        ["app", ["v1"]],
      ],
    );
    await other.ctlOk("remove-packet", "--name", "app", "--tags", "v1");
    const rest = JSON.parse(await other.ctlOk("import", file, "--output", "json"));
    assert.deepEqual([rest.imported, rest.skipped], [2, 2]);
    assert.deepEqual(await digestsOf(other), await digestsOf(source));
  });

  test("an import that is killed anywhere is simply run again", async () => {
    await using other = await target();
    const flags = ["--server", `127.0.0.1:${other.port}`, ...other.credentials("admin")];
    const killed = other.start("jamesd-ctl", ["import", file, ...flags]);
    await waitFor("an upload or a packet", async () => {
      const begun = readdirSync(other.path("data/uploads")).length > 0 || !killed.isRunning;
      return begun || (await digestsOf(other)).length > 0 || undefined;
    });
    await killed.stop("SIGKILL");
    const again = JSON.parse(await other.ctlOk("import", file, "--output", "json"));
    assert.equal(again.imported + again.skipped, 4);
    assert.deepEqual(await digestsOf(other), await digestsOf(source));
  });

  test("a limit of the server names the packet", async () => {
    await using other = await Sandbox.create();
    await other.startServer("--limits", "bytes=1MiB,component-bytes=20");
    const limited = await other.ctl("import", file);
    assert.equal(limited.code, 2);
    assert.match(limited.stderr, /all \[armv7l, v1\], packet 1 of 4 in .*: .*\[ARCHIVE_UNSAFE\]/);
    assert.deepEqual(await digestsOf(other), []);
  });
});
