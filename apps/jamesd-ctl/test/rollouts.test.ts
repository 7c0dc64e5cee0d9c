import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Rollout } from "@jamesd/protocol";
import { requireTool, Sandbox } from "@jamesd/testkit";
import { Person } from "./person.ts";

const DEVICES = ["device-1", "device-2", "device-3"] as const;
const SKIP = { skip: requireTool("tar", "xz") };

let sandbox: Sandbox;
let person: Person;

before(async () => {
  if (SKIP.skip) return;
  sandbox = await Sandbox.create(DEVICES);
  await sandbox.startServer();
  person = new Person(sandbox);
  await sandbox.pack("app", { "opt/app": "1\n" });
  sandbox.write("fail.sh", "#!/bin/sh\nexit 1\n");
  for (const version of ["v1", "v2", "v3", "bad"]) {
    const scripts = version === "bad" ? ["--preinst", sandbox.path("fail.sh")] : [];
    await person.ok("add-packet", "--name", "app", "--data", "app.tar", "--tags", version, ...scripts);
    sandbox.write(`${version}.yaml`, `id: all\nselector: []\napps:\n- {name: app, tags: [${version}]}\n`);
  }
  await person.ok("apply", "-f", "v1.yaml");
  for (const device of DEVICES) assert.equal(await runs(device), 0);
});
after(() => sandbox?.[Symbol.asyncDispose]());

const runs = async (device: string): Promise<number | null> =>
  (await sandbox.runAgentOnce(device, ["lab"])).code;
const get = (revision: number): Promise<Rollout> => person.json("get-rollout", String(revision));
const admitted = async (revision: number): Promise<readonly string[]> =>
  (await person.json<{ id: string }[]>("list-systems", "--rollout", String(revision))).map(({ id }) => id);
const newest = async (): Promise<number> => {
  const [one] = await person.json<{ number: number }[]>("history", "--limit", "1");
  return one?.number ?? 0;
};
const applied = async (file: string, ...flags: readonly string[]): Promise<number> => {
  await person.ok("apply", "-f", file, "--bake", "0s", ...flags);
  return newest();
};
const until = async (isThere: () => Promise<boolean>): Promise<void> => {
  while (!(await isThere())) await new Promise((done) => setTimeout(done, 50));
};
const reaches = (revision: number, status: string): Promise<void> =>
  until(async () => (await get(revision)).status === status);

test("a change spreads to one device, waits, is approved by a check, and is finished", SKIP, async () => {
  const dry = await person.json<{ waves: object[] }>("apply", "-f", "v2.yaml", "--waves", "1", "--dry-run");
  assert.deepEqual(dry.waves, [
    { wave: "1", devices: 1 },
    { wave: "100%", devices: 2 },
  ]);
  const flags = ["--waves", "1", "--bake", "0s", "--approve", "first", "--message", "the second"];
  const declined = await person.ctl(["apply", "-f", "v2.yaml", ...flags], "n\n");
  assert.match(
    declined.said,
    /applying this changes 3 devices in 2 waves, the first of 1 \(.*\[CANCELLED\]/s,
  );
  await person.ok("apply", "-f", "v2.yaml", ...flags);
  const revision = await newest();

  // What is told of it.
  const [listed] = await person.json<Rollout[]>("list-rollouts");
  assert.deepEqual([listed?.revision, listed?.status, listed?.message], [revision, "running", "the second"]);
  const text = await person.ok("get-rollout", String(revision));
  assert.match(
    text,
    /^rollout 2 {2}running, wave 1 of 2 {3}admin: "the second"\nspec all, 1 -> 2; .*\nWAVE /,
  );
  assert.match(
    text,
    /\n1 +1 +1 +0 +[01] +0 +0 +[01] +open since .*\n2 +100% +2\nnext: wave 2 when 95% .* approves it/,
  );
  assert.match(await person.ok("history"), /1\/2 +the second\n/);
  const spec = await person.json<{ revision: number; rollout: object }>("get-spec", "--id", "all");
  assert.deepEqual([spec.revision, spec.rollout], [2, { revision: 2, stable: 1 }]);
  const stable = await person.json<{ revision: number }>("get-spec", "--id", "all", "--stable");
  assert.equal(stable.revision, 1);
  const [first = "", ...others] = await admitted(revision);
  assert.equal(others.length, 0);
  const [other = "", last = ""] = DEVICES.filter((id) => id !== first);

  // A device that it does not admit sees nothing of it, but is told to wait.
  const device = await person.json<{ revision: number; effective: object; waits: object }>(
    "get-device",
    other,
  );
  assert.equal(device.revision, 1);
  assert.match(JSON.stringify(device.effective), /"v1"/);
  assert.deepEqual(device.waits, [{ revision, wave: 2 }]);
  assert.match(await person.ok("diff", "--id", other), /\n2 waits for wave 2\n$/);
  const blamed = await person.ok("blame", "--id", other);
  assert.match(blamed, /^app +v1 +spec all +1 .*\n2 waits for wave 2\n$/m);
  assert.match(await person.ok("explain", "--id", other, "--app", "app"), /waits:\n- revision: 2/);
  const plan = await person.json<{ steps: []; later: [{ steps: string[] }] }>("plan", "--id", other);
  assert.deepEqual([plan.steps, plan.later[0].steps.at(-1)], [[], "unpack app [v2]"]);
  assert.equal(await runs(other), 0);
  assert.match(await person.ok("get-state", other), /- v1\n/);

  // The document is in one rollout only.
  assert.match((await person.ctl(["apply", "-f", "v3.yaml"])).said, /\[ROLLOUT_ACTIVE\]/);

  // The one that is admitted.
  assert.equal(await runs(first), 0);
  assert.match(await person.ok("get-state", first), /- v2\n/);
  await reaches(revision, "waiting");
  const waits = await person.ctl(["watch-rollout", String(revision)]);
  assert.deepEqual([waits.code, /\[ROLLOUT_WAITING\]/.test(waits.said)], [5, true], waits.said);
  const watched = person.ctl(["watch-rollout", String(revision), "--check", 'test "$JAMESD_WAVE" -gt 0']);
  await until(async () => (await admitted(revision)).length === 3);
  for (const one of [other, last]) assert.equal(await runs(one), 0);
  const { code, said, out } = await watched;
  assert.equal(code, 0, said);
  assert.match(out, /^rollout 2 {2}finished /);
  assert.match(await person.ok("history"), /finished +the second\n/);
  assert.match(
    await person.ok("events", "--kinds", "rollout"),
    /is at wave 2 of 2, which admits 2 more: the check/,
  );
  assert.deepEqual(await person.json("list-rollouts"), []);
  const all = await person.json<Rollout[]>("list-rollouts", "--all");
  assert.deepEqual(
    all.map(({ status }) => status),
    ["finished"],
  );
});

test(
  "one that fails stops, and is repaired, or reverted and not applied again by mistake",
  SKIP,
  async () => {
    const applying = person.ctl(["apply", "-f", "bad.yaml", "--bake", "0s", "--waves", "1", "--wait"]);
    await until(async () => (await person.json<Rollout[]>("list-rollouts")).length === 1);
    const revision = await newest();
    const [first = ""] = await admitted(revision);
    assert.equal(await runs(first), 4);
    const { code, said } = await applying;
    assert.deepEqual([code, /\[ROLLOUT_STOPPED\]/.test(said)], [4, true], said);
    const failed = await person.json<object[]>(
      "get-rollout",
      String(revision),
      "--wave",
      "1",
      "--state",
      "failed",
    );
    assert.match(JSON.stringify(failed), new RegExp(`"id":"${first}".*"problem":\\{"code":"`));
    assert.match(
      await person.ok("get-rollout", String(revision)),
      /\npaused at \S+ because more devices failed than may: 1 device of wave 1 failed; /,
    );

    const resumed = await person.ctl(["resume-rollout", String(revision)]);
    assert.deepEqual([resumed.code, /\[ROLLOUT_STATUS\]/.test(resumed.said)], [1, true], resumed.said);
    assert.deepEqual(await person.json("retry", "--rollout", String(revision)), {
      rollout: revision,
      retried: 1,
      waits: true,
    });

    const reverted = await person.ok("revert-rollout", String(revision), "--message", "it does not start");
    assert.match(reverted, /^rollout 3 {2}reverted by 4 /);
    assert.match(await person.ok("history"), /reverted by 4 /);
    assert.equal(await runs(first), 0);
    assert.match(await person.ok("get-state", first), /- v2\n/);
    assert.match((await person.ctl(["apply", "-f", "bad.yaml"])).said, /\[ROLLOUT_REVERTED\]/);
    const again = await applied("bad.yaml", "--waves", "1", "--again");
    assert.equal((await get(again)).status, "running");

    // Something else takes its place, from its first wave on.
    const superseding = await applied("v3.yaml", "--waves", "1,2", "--supersede");
    assert.equal((await get(again)).status, "superseded");
    assert.deepEqual((await get(superseding)).supersedes, [again]);
    await person.ok("promote-rollout", "--revision", String(superseding), "--wave", "2");
    assert.equal((await admitted(superseding)).length, 3);
    await person.ok("pause-rollout", String(superseding), "--message", "lunch");
    assert.match(await person.ok("get-rollout", String(superseding)), /\npaused by admin at .*: lunch; /);
    await person.ok("resume-rollout", String(superseding));
    for (const device of DEVICES) assert.equal(await runs(device), 0);
    await reaches(superseding, "finished");
  },
);

test("a packet spreads as well", SKIP, async () => {
  sandbox.write("any.yaml", "id: all\nselector: []\napps:\n- {name: other}\n");
  const add = ["add-packet", "--name", "other", "--data", "app.tar"];
  await sandbox.pack("app", { "opt/other": "1" });
  await person.ok(...add);
  await person.ok("apply", "-f", "any.yaml");
  for (const device of DEVICES) assert.equal(await runs(device), 0);
  // What fits better changes devices without a revision of a document.
  await sandbox.pack("app", { "opt/other": "2" });
  const flags = ["--tags", "lab", "--waves", "1", "--bake", "0s", "--approve", "each", "--message", "better"];
  const { rollout } = await person.json<{ rollout: number }>(...add, ...flags);
  const [first = ""] = await admitted(rollout);
  const content = (device: string): string => readFileSync(join(sandbox.root(device), "opt/other"), "utf8");
  for (const device of DEVICES) {
    assert.equal(await runs(device), 0);
    assert.equal(content(device), device === first ? "2" : "1", device);
  }
  assert.match(
    await person.ok("list-rollouts"),
    /\n\d+ +(running|waiting), wave 1 of 2 .* packet [0-9a-f]+ +\d+ \w+.* better\n/,
  );
  await person.ok("promote-rollout", "--revision", String(rollout), "--all");
  for (const device of DEVICES) assert.equal(await runs(device), 0);
  assert.deepEqual(DEVICES.map(content), ["2", "2", "2"]);
  await reaches(rollout, "finished");
});
