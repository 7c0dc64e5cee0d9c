import assert from "node:assert/strict";
import { readFileSync, statSync, truncateSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { requireTool, Sandbox } from "@jamesd/testkit";

/** What must not change when something is refused. */
async function fingerprint(sandbox: Sandbox): Promise<string> {
  return `${await sandbox.get("/v1/packets")}\n${await sandbox.get("/v1/devices/device-1/desired")}`;
}

describe("bad input gives one clear message, a non-zero exit code, and changes nothing", {
  skip: requireTool("tar", "xz", "gzip", "bzip2", "zstd"),
}, () => {
  let sandbox: Sandbox;
  let archive: string;

  before(async () => {
    sandbox = await Sandbox.create(["device-1"]);
    await sandbox.startServer();
    await sandbox.runAgentOnce("device-1", ["armv7l", "systemd"]);
    archive = await sandbox.pack("good", { "usr/bin/good": { text: "good\n".repeat(5000), mode: 0o755 } });
    await sandbox.ctlOk("add-packet", "--name", "good", "--data", archive, "--tags", "v1,armv7l");
    sandbox.write("good.yaml", "id: device-1\napps:\n- name: good\n  tags: [v1]\n");
    await sandbox.ctlOk("set-desired-state", "--file", "good.yaml");
  });
  after(async () => sandbox[Symbol.asyncDispose]());

  async function refused(args: readonly string[], expected: { code: number; says: RegExp }): Promise<void> {
    const was = await fingerprint(sandbox);
    const { code, stdout, stderr } = await sandbox.ctl(...args);
    assert.equal(code, expected.code, stderr);
    assert.match(stderr, expected.says);
    assert.equal(stdout, "");
    assert.doesNotMatch(stderr, /\n\s+at |node:internal/, "no stack trace");
    assert.match(stderr, /^jamesd-ctl: .*\[[A-Z_]+\]\n(?: {2}hint: .*\n)?$/, "one message, perhaps a hint");
    assert.equal(await fingerprint(sandbox), was);
  }

  const add = (name: string, data: string, tags: string, ...more: string[]) => [
    "add-packet",
    "--name",
    name,
    "--data",
    data,
    "--tags",
    tags,
    ...more,
  ];
  const set = (text: string): string[] => ["set-desired-state", "--file", sandbox.write("bad.yaml", text)];

  test("an archive that is taken, but probably not meant, is warned of, for people and for programs", async () => {
    const data = await sandbox.pack("folder", { "app-1.0/usr/bin/app": "app" });
    const { code, stdout, stderr } = await sandbox.ctl(...add("app", data, "v1"), "--output", "json");
    assert.equal(code, 0, stderr);
    const warning = 'everything in the archive is in the folder "app-1.0"';
    assert.ok(stderr.includes(`warning: ${warning}`), stderr);
    assert.ok(
      JSON.parse(stdout).warnings.some((one: string) => one.startsWith(warning)),
      stdout,
    );
    assert.equal("warnings" in JSON.parse(await sandbox.ctlOk("list-packets", "--output", "json"))[0], false);
  });
  test("a file that is no archive", () =>
    refused(add("p", sandbox.write("text", "hello\n".repeat(500)), "v1"), {
      code: 2,
      says: /ARCHIVE_NOT_RECOGNISED/,
    }));
  test("an empty file", () =>
    refused(add("p", sandbox.write("empty", ""), "v1"), { code: 2, says: /ARCHIVE_/ }));
  test("a file that is not there", () =>
    refused(add("p", "nowhere.tar", "v1"), { code: 2, says: /nowhere\.tar.*FILE_UNREADABLE/ }));
  for (const [how, flag] of [
    ["xz", "--xz"],
    ["gzip", "--gzip"],
    ["bzip2", "--bzip2"],
    ["zstd", "--zstd"],
    ["no compression", ""],
  ] as const)
    test(`a truncated archive: ${how}`, async () => {
      const cut = await sandbox.pack(
        `cut-${how.replace(" ", "-")}`,
        { "usr/bin/x": "0123456789".repeat(20_000) },
        flag,
      );
      truncateSync(cut, Math.floor(statSync(cut).size * 0.6));
      await refused(add("p", cut, "v1"), { code: 2, says: /ARCHIVE_(TRUNCATED|CORRUPT)/ });
    });
  test("an empty name", () => refused(add("", archive, "v1"), { code: 2, says: /NAME_INVALID/ }));
  test("a tag with a space", () =>
    refused(add("p", archive, "v1,a b"), { code: 2, says: /"a b".*TAG_INVALID/ }));
  test("an empty tag", () => refused(add("p", archive, "v1,,x"), { code: 2, says: /TAG_INVALID/ }));
  test("a tag with a comma", () =>
    refused(set("id: device-1\napps:\n- name: good\n  tags: ['v1,armv7l']\n"), {
      code: 2,
      says: /"v1,armv7l".*TAG_INVALID/,
    }));
  test("the same name and tags with other content", async () => {
    const other = await sandbox.pack("other", { "usr/bin/good": "other\n" });
    await refused(add("good", other, "armv7l,v1"), { code: 1, says: /PACKET_CONFLICT/ });
  });
  test("the same packet again is no error", async () => {
    const was = await fingerprint(sandbox);
    await sandbox.ctlOk(...add("good", archive, "v1,armv7l"));
    assert.equal(await fingerprint(sandbox), was);
  });
  test("an unknown device", async () => {
    await refused(["get-state", "--id", "nobody"], { code: 1, says: /"nobody".*DEVICE_UNKNOWN/ });
  });
  test("a desired state for a device that nobody has seen is no error, and said", async () => {
    const { code, stderr } = await sandbox.ctl(...set("id: device-9\nsystemtags: [armv7l]\napps: []\n"));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /no device device-9 has ever checked in; known ids near it: device-1/);
  });
  test("an unknown field", () =>
    refused(set("id: device-1\nappz: []\napps: []\n"), { code: 2, says: /appz.*STATE_INVALID/ }));
  test("an unknown field of an app", () =>
    refused(set("id: device-1\napps:\n- name: good\n  tag: v1\n"), { code: 2, says: /tag.*STATE_INVALID/ }));
  test("a wrong type", () =>
    refused(set("id: device-1\napps: good\n"), { code: 2, says: /apps.*STATE_INVALID/ }));
  test("a number for a tag", () =>
    refused(set("id: device-1\napps:\n- name: good\n  tags: [1.0]\n"), { code: 2, says: /STATE_INVALID/ }));
  test("no YAML", () => refused(set("id: [\n"), { code: 2, says: /STATE_INVALID/ }));
  test("the same app twice", () =>
    refused(set("id: device-1\napps:\n- name: good\n  tags: [v1]\n- name: good\n  tags: [v2]\n"), {
      code: 2,
      says: /good.*APP_DUPLICATE/,
    }));
  test("no packet that fulfils: the nearest and its missing tags are named", () =>
    refused(set("id: device-1\napps:\n- name: good\n  tags: [v2]\n"), {
      code: 1,
      says: /no packet fulfils good.*\n.*nearest is good \[armv7l, v1\]; missing.*: v1\./,
    }));
  test("no packet of that name", () =>
    refused(set("id: device-1\napps:\n- name: gone\n"), { code: 1, says: /NO_PACKET_FULFILS/ }));
  test("a revision that somebody else has passed", () =>
    refused(set("id: device-1\nrevision: 77\napps: []\n"), { code: 1, says: /77.*REVISION_CONFLICT/ }));
  test("a packet that is in use is not removed", () =>
    refused(["remove-packet", "--name", "good"], { code: 1, says: /device-1.*PACKET_IN_USE/ }));
  test("two packets with the same path", async () => {
    await sandbox.ctlOk(...add("twin", archive, "v1"));
    await refused(set("id: device-1\napps:\n- name: good\n  tags: [v1]\n- name: twin\n  tags: [v1]\n"), {
      code: 1,
      says: /good and twin both contain \/usr\/bin\/good.*PATH_CONFLICT/,
    });
  });
  test("a configuration file that is not in the archive", () =>
    refused(add("p", archive, "v1", "--conffile", "etc/gone.conf"), {
      code: 2,
      says: /good\.tar: \/etc\/gone\.conf is not a file of the packet.*CONFFILE_INVALID/,
    }));
  test("a setuid file that is not declared, and how to declare it", async () => {
    const setid = await sandbox.pack("setid", { "usr/bin/su": { text: "su\n", mode: 0o4755 } });
    await refused(add("p", setid, "v1"), {
      code: 2,
      says: /usr\/bin\/su.*ARCHIVE_UNSAFE.*\n.*--allow-setid/,
    });
  });
  test("a policy that nobody knows", async () => {
    await refused(set("id: device-1\napps: []\nunowned: steal\n"), {
      code: 2,
      says: /bad\.yaml line 3: unowned: "steal".*STATE_INVALID.*\n.*refuse, adopt, overwrite/,
    });
    await refused(set("id: device-1\napps: []\nconfirm: ping\n"), {
      code: 2,
      says: /bad\.yaml line 3: confirm: "ping".*STATE_INVALID.*\n.*connectivity=TIME/,
    });
  });
  test("nothing to try again", () =>
    refused(["retry", "--id", "device-1"], {
      code: 1,
      says: /device-1 has no failed transaction.*RETRY_NOT_NEEDED/,
    }));
  test("limits that the server does not know", async () => {
    const { code, stderr } = await sandbox.run("jamesd", ["--limits", "depth=9,entires=5"]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--limits: "entires=5" is not a limit \[USAGE\]\n.*the keys are entries, bytes/);
  });

  test("an unknown command", () => refused(["--cmd", "add-paket"], { code: 2, says: /add-paket.*USAGE/ }));
  test("a missing flag", () => refused(["--cmd", "get-state"], { code: 2, says: /--id.*USAGE/ }));

  test("a script that fails: the device is as before and says why", async () => {
    const bad = await sandbox.pack("bad", { "usr/bin/bad": "bad\n" });
    const failing = sandbox.write("fail.sh", 'echo "no disk here"; exit 7\n');
    await sandbox.ctlOk(...add("bad", bad, "v1", "--postinst", failing));
    await sandbox.ctlOk(
      ...set("id: device-1\napps:\n- name: good\n  tags: [v1]\n- name: bad\n  tags: [v1]\n"),
    );
    const agent = await sandbox.runAgentOnce("device-1", ["armv7l", "systemd"]);
    assert.equal(agent.code, 4, agent.stderr);
    assert.throws(() => statSync(`${sandbox.root("device-1")}/usr`), "nothing was left");
    const waiting = await sandbox.ctl(
      ...set("id: device-1\napps:\n- name: good\n  tags: [v1]\n- name: bad\n  tags: [v1]\n"),
      "--wait",
    );
    assert.equal(waiting.code, 4);
    assert.match(waiting.stderr, /postinst of bad/);
    assert.match(waiting.stderr, /exit code 7/);
    assert.match(waiting.stderr, /no disk here/);
    const device = JSON.parse(await sandbox.ctlOk("get-device", "--id", "device-1", "--output", "json"));
    assert.equal(device.transaction.scripts[0].exitCode, 7);
    assert.match(readFileSync(sandbox.path("device-1/state/state.json"), "utf8"), /"apps":\[\]/);
  });
});
