import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { requireTool, Sandbox, waitFor } from "@jamesd/testkit";

async function upload(sandbox: Sandbox, version: string): Promise<void> {
  const archive = await sandbox.pack(version, { "opt/vpn": `${version}\n` });
  await sandbox.ctlOk("add-packet", "--name", "vpn", "--data", archive, "--tags", version);
}

function specFile(version: string): string {
  return `kind: spec\nid: arms\nselector:\n- arm\napps:\n- name: vpn\n  tags:\n  - ${version}\n`;
}

test("a folder of documents is the truth: applied, told beforehand, explained, blamed, reverted, pruned", {
  skip: requireTool("tar", "xz"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1", "device-2"]);
  await sandbox.startServer();
  await upload(sandbox, "v1");
  await upload(sandbox, "v2");
  const has = (id: string) => {
    const path = `${sandbox.root(id)}/opt/vpn`;
    return existsSync(path) ? readFileSync(path, "utf8").trim() : "nothing";
  };
  sandbox.startAgent("device-1", ["arm"]);
  const listed = async (): Promise<string> => sandbox.ctlOk("list-systems");
  await waitFor("device-1", async () => (await listed()).includes("device-1") || undefined);

  sandbox.write("fleet/arms.yaml", specFile("v1"));
  const planned = await sandbox.ctlOk("plan", "-f", "fleet");
  assert.match(planned, /dryRun: true/);
  assert.match(planned, /devices: 1/);
  assert.match(planned, /- unpack vpn \[v1\]\n/);
  assert.equal(await sandbox.ctlOk("list-specs", "--output", "json"), "[]\n");
  await sandbox.ctlOk("apply", "-f", "fleet", "--message", "first");
  await waitFor("v1 on device-1", () => has("device-1") === "v1" || undefined);

  // A device that comes later gets its apps by itself.
  sandbox.startAgent("device-2", ["arm", "big"]);
  await waitFor("v1 on device-2", () => has("device-2") === "v1" || undefined);

  sandbox.write("fleet/arms.yaml", `${specFile("v2")}---\nid: device-2\napps:\n- name: vpn\n  tags: [v1]\n`);
  assert.match(await sandbox.ctlOk("diff", "-f", "fleet"), /spec +arms +app vpn +v1 +v2/);
  await sandbox.ctlOk("apply", "--file", "fleet", "--message", "second");
  await waitFor("v2 on device-1", () => has("device-1") === "v2" || undefined);
  assert.equal(has("device-2"), "v1");

  assert.match(
    await sandbox.ctlOk("history"),
    /2 .* admin +device device-2, spec arms +- +second\n1 .* - +first/,
  );
  assert.match(await sandbox.ctlOk("history", "--id", "device-2"), /^REVISION.*\n2 .*\n$/);
  assert.match(await sandbox.ctlOk("diff", "--from", "1", "--to", "2", "--spec", "arms"), /app vpn +v1 +v2/);
  assert.match(await sandbox.ctlOk("blame", "--id", "device-1"), /vpn +v2 +spec arms +2 .* second/);
  assert.match(await sandbox.ctlOk("get-spec", "--id", "arms", "--revision", "1"), /- v1/);
  assert.match(await sandbox.ctlOk("explain", "--id", "device-1", "--app", "vpn"), /missing:\n {2}- v1/);
  const unheard = await sandbox.ctl("explain", "--id", "device-1", "--app", "opnevpn");
  assert.equal(unheard.code, 0);
  assert.equal(unheard.stderr, 'There is no packet named "opnevpn"; see jamesd-ctl list-packets.\n');

  await sandbox.ctlOk("revert", "--to", "1", "--message", "back", "--yes");
  await waitFor("v1 again", () => has("device-1") === "v1" || undefined);
  assert.equal(await sandbox.ctlOk("diff", "--from", "1", "--to", "3", "--output", "json"), "[]\n");

  // A device that has not come yet.
  sandbox.write("later.yaml", "id: later\napps:\n- name: vpn\n  tags: [v2]\n");
  const early = await sandbox.ctl("apply", "-f", "later.yaml");
  assert.match(early.stderr, /warning: no device later has ever checked in/);
  assert.equal(await sandbox.ctlOk("diff", "-f", "later.yaml", "--output", "json"), "[]\n");
  assert.match(await sandbox.ctlOk("get-desired-state", "--id", "later"), /^id: later\nrevision: 4\napps:\n/);
  assert.match(await sandbox.ctlOk("blame", "--id", "later"), /vpn +v2 +its own +4 /);
  await sandbox.ctlOk("revert", "--to", "3", "--yes");

  const conflict = sandbox.write("conflict.yaml", specFile("v2").replace("arms", "other"));
  const refused = await sandbox.ctl("apply", "-f", conflict);
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /arms and other want vpn.*\[SPEC_CONFLICT\]\n {2}hint: /);

  assert.match(
    await sandbox.ctlOk("describe", "--id", "device-1"),
    /state: "?in sync: it has what revision 3 wants/,
  );
  const ofArm = await sandbox.ctlOk("list-devices", "--tags", "arm,big", "--app", "vpn", "--sync", "in-sync");
  assert.match(ofArm, /^ID .*\ndevice-2 .*\n$/);
  const ofV2 = await sandbox.ctlOk("list-devices", "--app", "vpn", "--app-tags", "v2");
  assert.match(ofV2, /^ID.*\n$/);
  assert.match(await sandbox.ctlOk("list-devices", "--seen-before", "1h"), /^ID.*\n$/);
  assert.match(await sandbox.ctlOk("list-devices", "--limit", "1"), /^ID .*\ndevice-1 .*\n$/);
  assert.match(await sandbox.ctlOk("history", "--before", "3", "--limit", "1"), /^REVISION.*\n2 .*\n$/);

  sandbox.write("empty.yaml", "id: nobody\nselector: [none]\napps: []\n");
  const without = JSON.parse(await sandbox.ctlOk("plan", "-f", "empty.yaml", "--output", "json"));
  assert.deepEqual([without.documents.length, without.devices], [1, 0]);
  const foreseen = JSON.parse(await sandbox.ctlOk("plan", "-f", "empty.yaml", "--prune", "--output", "json"));
  assert.deepEqual(
    foreseen.documents.map(({ id, action }: { id: string; action: string }) => [id, action]),
    [
      ["nobody", "created"],
      ["arms", "removed"],
    ],
  );
  assert.deepEqual([foreseen.dryRun, foreseen.devices], [true, 2]);
  assert.match(
    await sandbox.ctlOk("diff", "-f", "empty.yaml", "--prune"),
    /^KIND.*\nspec +nobody .*\nspec +arms +selector .*\nspec +arms +app vpn +v1 +-\n$/,
  );
  assert.doesNotMatch(await sandbox.ctlOk("diff", "-f", "empty.yaml"), /arms/);
  const pruned = await sandbox.ctl("apply", "-f", "empty.yaml", "--prune", "--yes");
  assert.match(pruned.stderr, /warning: the selector of the spec nobody fits no device: none/);
  await waitFor(
    "nothing on both",
    async () => has("device-1") === "nothing" && has("device-2") === "nothing",
  );
});

test("a device that is away: what it will do is told, documents go back one by one, and it can be forgotten", {
  skip: requireTool("tar", "xz"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  await upload(sandbox, "v1");
  const agent = sandbox.startAgent("device-1", ["arm"]);
  const list = (...flags: string[]): Promise<string> => sandbox.ctlOk("list-devices", ...flags);
  await waitFor("device-1", async () => (await list("--connected")).includes("device-1") || undefined);
  // It has let a check-in be held then: one that never did might ask now and then, and is missed after minutes.
  await sandbox.ctlOk("verify", "--id", "device-1", "--wait");
  await agent.stop();
  const isGone = async () => (await list("--disconnected")).includes("device-1") || undefined;
  await waitFor("its going", isGone);
  assert.match(await list("--connected"), /^ID.*\n$/);
  assert.match(await list("--seen-since", "1h"), /\ndevice-1 /);
  assert.match(await list("--seen-since", "2999-01-01T00:00:00Z"), /^ID.*\n$/);

  const specs = ["a", "b", "c"].map((id) => `---\nid: ${id}\nselector: [none]\napps: []\n`).join("");
  sandbox.write("all.yaml", `id: device-1\napps:\n- name: vpn\n  tags: [v1]\n${specs}`);
  await sandbox.ctlOk("apply", "-f", "all.yaml");
  const changed = /1 .* admin +device device-1, spec a, spec b and 1 more +- +-\n$/;
  assert.match(await sandbox.ctlOk("history"), changed);
  assert.match(await sandbox.ctlOk("blame", "--id", "device-1"), /vpn +v1 +its own +1 .* admin +-\n$/);

  const plan = await sandbox.ctlOk("plan", "--id", "device-1");
  assert.match(plan, /^id: device-1\nsync: pending\nrevision: 1\nbytes: 3\nsteps:\n- unpack vpn \[v1\]\n$/);
  assert.match(await sandbox.ctlOk("diff", "--id", "device-1"), /^APP.*\nvpn +- +v1\n$/);
  const explained = await sandbox.ctlOk("explain", "--id", "device-1", "--app", "vpn", "--output", "table");
  assert.match(explained, /^CHOSEN.*\n\* +[0-9a-f]+ +v1 +-\n$/);
  assert.match(await sandbox.ctlOk("describe", "--id", "device-1"), /gets revision 1 when it connects/);

  const dry = await sandbox.ctlOk("revert", "--to", "0", "--id", "device-1", "--dry-run");
  assert.match(dry, /^dryRun: true\ncurrentRevision: 1\n/);
  await sandbox.ctlOk("revert", "--to", "0", "--spec", "a");
  assert.match(
    await sandbox.ctlOk("history", "--limit", "1"),
    /\n2 .* spec a +reverts to 0 +Revert to revision 0\n$/,
  );
  assert.match(await sandbox.ctlOk("get-desired-state", "--id", "device-1"), /revision: 1\n/);

  const refused = await sandbox.ctl("remove-device", "--id", "device-1");
  assert.match(refused.stderr, /device-1 has a desired state of its own \[DEVICE_IN_USE\]/);
  assert.equal(
    await sandbox.ctlOk("remove-device", "--id", "device-1", "--force", "--yes"),
    "id: device-1\nremoved: true\n",
  );
  assert.match(await list(), /^ID.*\n$/);
});

test("what is wrong with files and flags is said with file and line, and changes nothing", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.startServer();
  const cases: readonly [string, RegExp][] = [
    ["id: a\n", /x\.yaml line 1: the state has no apps/],
    [
      "id: a\napps: []\n---\nid: b\nselektor: []\napps: []\n",
      /x\.yaml line 5: "selektor" is not a key.*\n {2}hint: Did you mean selector\? The keys are /,
    ],
    ["id: a/b\nselector: []\napps: []\n", /x\.yaml line 1: id: "a\/b" is not an id of a spec/],
    ["id: a\nselector: [x]\nsystemtags: [x]\napps: []\n", /line 3: systemtags are a device's/],
    [
      "id: a\napps: []\n---\nid: a\napps: []\n",
      /x\.yaml line 4: id is the device a again, after x\.yaml line 1 \[STATE_INVALID\]/,
    ],
    ["kind: spec\nid: a\napps: []\n", /x\.yaml line 1: kind is spec, but there is no selector/],
    ["kind: device\nid: a\nselector: [x]\napps: []\n", /line 3: selector is a spec's, but kind is device/],
    ["kind: specs\nid: a\nselector: [x]\napps: []\n", /line 1: kind "specs" is neither device nor spec \[/],
  ];
  for (const [text, says] of cases) {
    sandbox.write("x.yaml", text);
    const { code, stdout, stderr } = await sandbox.ctl("apply", "-f", "x.yaml");
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, says);
  }
  sandbox.write("folder/readme.txt", "");
  sandbox.write("comments/x.yaml", "# later\n");
  sandbox.write("one.yaml", "id: a\napps: []\n");
  await sandbox.ctlOk("apply", "-f", "one.yaml");
  for (const [argv, says] of [
    [["apply", "-f", "folder"], /no \.yaml, \.yml or \.json file in folder/],
    [["apply", "-f", "none"], /cannot read none/],
    [["apply", "-f", "comments", "--prune"], /comments holds no document: --prune would remove everything/],
    [
      ["plan", "-f", "comments", "--prune"],
      /comments holds no document.*\[USAGE\]\n {2}hint: .*revert --to 0/,
    ],
    [["apply", "-f", "-", "--prune"], /standard input holds no document: --prune would remove everything/],
    [["plan", "--id", "a", "--prune"], /--prune goes with --file/],
    [["apply"], /apply needs --file FILE\|DIR/],
    [["plan"], /plan needs --id ID or --file FILE/],
    [["diff", "--id", "a", "--spec", "b"], /--id and --spec are both given/],
    [["revert", "--to", "x"], /--to: "x" is not the number of a revision/],
    [["revert", "--to", "7"], /there is no revision 7; the newest is 1/],
    [["get-spec", "--id", "none"], /there is no spec "none"/],
    [["remove-spec", "--id", "none"], /there is no spec "none"/],
    [["blame"], /blame needs --id ID or --spec ID/],
  ] as const) {
    const { code, stderr } = await sandbox.ctl(...argv);
    assert.notEqual(code, 0);
    assert.match(stderr, says);
  }
  assert.match(await sandbox.ctlOk("history"), /^REVISION.*\n1 .* device a .*\n$/);
});
