// biome-ignore-all lint/style/noExcessiveLinesPerFile: still to be cut where it parts
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packetText } from "@jamesd/model";
import { readTree, waitFor } from "@jamesd/testkit";
import { parsePacket } from "../../src/transaction/fetch/packet-store.ts";
import { Bench, NEVER, planFor, Shelf } from "./fixture.ts";

const LOG = (name: string) => `echo ${name} >> "$JAMES_ROOT/../log"\n`;
const SCRIPTS = (version: string) => ({
  preinst: LOG(`preinst-${version}`),
  postinst: LOG(`postinst-${version}`),
  prerm: LOG(`prerm-${version}`),
  postrm: LOG(`postrm-${version}`),
});

// One that has ended and that nobody has waited for counts as ended.
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function log(bench: Bench): readonly string[] {
  const path = join(bench.dir, "log");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

test("a plan or packet of a later format is refused, told, and changes nothing", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const v1 = shelf.add("app", { "etc/app.conf": "1\n" });
  const device = await bench.open();
  await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
  const before = readTree(bench.root);

  const later = { format: 2, target: "1".repeat(64), revision: 2 };
  const report = await device.carryOut(later, shelf, NEVER);
  assert.deepEqual([report.outcome, report.error?.code], ["rolled-back", "FORMAT_UNKNOWN"]);
  assert.match(report.error?.message ?? "", /the plan is of format 2, and this program knows format 1/);
  assert.deepEqual([report.target, report.revision], [later.target, 2]);
  assert.equal(device.pendingReport()?.id, report.id);
  assert.deepEqual(readTree(bench.root), before);

  const text = packetText(shelf.packets.get(v1.digest) ?? assert.fail());
  assert.throws(() => parsePacket(v1.digest, JSON.stringify({ ...JSON.parse(text), format: 2 })), {
    code: "FORMAT_UNKNOWN",
  });
});

test("install, upgrade and uninstall leave exactly what the packets say", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const before = readTree(bench.root);
  const v1 = shelf.add("app", {
    "etc/app.conf": "1\n",
    "usr/bin/app": { text: "one\n", mode: 0o755 },
    "usr/bin/a": { link: "app" },
    "var/empty": { dir: 0o711 },
  });
  const v2 = shelf.add("app", {
    "etc/app.conf": "2\n",
    "usr/bin/app": { text: "two\n", mode: 0o700 },
    "usr/share/new": "new\n",
  });
  const device = await bench.open();

  const first = await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
  assert.equal(first.outcome, "committed");
  assert.equal(readFileSync(join(bench.root, "usr/bin/a"), "utf8"), "one\n");
  assert.equal(lstatSync(join(bench.root, "var/empty")).mode & 0o7777, 0o711);

  const second = await device.carryOut(planFor(device.installed, [v2], shelf, 2), shelf, NEVER);
  assert.equal(second.outcome, "committed");
  assert.deepEqual(Object.keys(readTree(bench.root)), [
    "etc",
    "etc/app.conf",
    "usr",
    "usr/bin",
    "usr/bin/app",
    "usr/share",
    "usr/share/new",
  ]);
  assert.equal(lstatSync(join(bench.root, "usr/bin/app")).mode & 0o7777, 0o700);
  assert.equal(device.revision, 2);
  assert.equal((await bench.open()).installed[0]?.digest, v2.digest, "known after a restart");

  await device.carryOut(planFor(device.installed, [], shelf, 3), shelf, NEVER);
  assert.deepEqual(readTree(bench.root), before);
  assert.deepEqual(readdirSync(bench.state).sort(), [
    "fetched",
    "history",
    "packets",
    "scripts",
    "state.json",
  ]);
  assert.deepEqual(readdirSync(join(bench.state, "packets")), []);
});

for (const failing of ["prerm-1", "postrm-1", "preinst-2", "postinst-2"]) {
  test(`when ${failing} fails, the old version is back, and the counterpart scripts ran in reverse`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const scripts = (version: string) =>
      Object.fromEntries(
        Object.entries(SCRIPTS(version)).map(([name, text]) => [
          name,
          `${text}test "$JAMES_UNDO" || ! test "${name}-${version}" = "${failing}" || { echo broken >&2; exit 3; }\n`,
        ]),
      );
    const v1 = shelf.add("app", { "opt/app": "1\n", "opt/old/x": "x\n" }, scripts("1"));
    const v2 = shelf.add("app", { "opt/app": "2\n", "opt/new/y": "y\n" }, scripts("2"));
    const device = await bench.open();
    await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
    writeFileSync(join(bench.root, "opt/app"), "edited by the user\n");
    const before = readTree(bench.root);

    const result = await device.carryOut(planFor(device.installed, [v2], shelf, 2), shelf, NEVER);
    assert.equal(result.outcome, "rolled-back");
    assert.equal(result.error?.code, "SCRIPT_FAILED");
    assert.match(result.error?.hint ?? "", /broken/);
    assert.equal(
      result.error?.step?.kind === "script" &&
        `${result.error.step.script}-${result.error.step.packet === v1.digest ? 1 : 2}`,
      failing,
    );
    assert.deepEqual(readTree(bench.root), before, "bit for bit as before");
    assert.equal(device.installed[0]?.digest, v1.digest);

    const forward = ["prerm-1", "postrm-1", "preinst-2", "postinst-2"];
    const ran = forward.slice(0, forward.indexOf(failing) + 1);
    const undo: Record<string, string> = {
      "prerm-1": "postinst-1",
      "postrm-1": "preinst-1",
      "preinst-2": "postrm-2",
      "postinst-2": "prerm-2",
    };
    assert.deepEqual(log(bench).slice(2), [...ran, ...ran.toReversed().map((name) => undo[name])]);
    assert.equal((await bench.open()).pendingReport()?.id, result.id, "the report survives a restart");
  });
}

test("a failed plan counts its attempts, and a good one forgets them", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const bad = shelf.add("app", { "opt/app": "1\n" }, { preinst: "exit 1\n" });
  const good = shelf.add("app", { "opt/app": "2\n" });
  const device = await bench.open();
  const attempts = [];
  for (let i = 0; i < 3; i++)
    attempts.push((await device.carryOut(planFor([], [bad], shelf), shelf, NEVER)).attempt);
  assert.deepEqual(attempts, [1, 2, 3]);
  assert.equal((await (await bench.open()).carryOut(planFor([], [bad], shelf), shelf, NEVER)).attempt, 4);
  assert.equal((await device.carryOut(planFor([], [good], shelf), shelf, NEVER)).attempt, 1);
});

test("a file that no packet owns is not overwritten, and nothing is touched", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  mkdirSync(join(bench.root, "etc"));
  writeFileSync(join(bench.root, "etc/app.conf"), "mine\n");
  const before = readTree(bench.root);
  const app = shelf.add("app", { "etc/app.conf": "theirs\n", "usr/bin/app": "x\n" }, SCRIPTS("1"));
  const device = await bench.open();
  const result = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.equal(result.error?.code, "PATH_NOT_OWNED");
  assert.match(result.error?.message ?? "", /\/etc\/app\.conf/);
  assert.deepEqual(readTree(bench.root), before);
  assert.deepEqual(log(bench), [], "no script ran");
});

test("directories: those that were there stay, shared ones go with the last packet, a user's file keeps one", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  mkdirSync(join(bench.root, "opt"));
  chmodSync(join(bench.root, "opt"), 0o700);
  const one = shelf.add("one", { opt: { dir: 0o755 }, "opt/shared/one": "1\n" });
  const two = shelf.add("two", { "opt/shared/two": "2\n" });
  const device = await bench.open();
  await device.carryOut(planFor([], [one, two], shelf), shelf, NEVER);
  assert.equal(
    lstatSync(join(bench.root, "opt")).mode & 0o777,
    0o700,
    "a directory that was there keeps its mode",
  );
  await device.carryOut(planFor(device.installed, [two], shelf), shelf, NEVER);
  assert.deepEqual(Object.keys(readTree(bench.root)), ["opt", "opt/shared", "opt/shared/two"]);
  writeFileSync(join(bench.root, "opt/shared/notes"), "mine\n");
  await device.carryOut(planFor(device.installed, [], shelf), shelf, NEVER);
  assert.deepEqual(Object.keys(readTree(bench.root)), ["opt", "opt/shared", "opt/shared/notes"]);
});

test("a path may change its type in any direction", async () => {
  const kinds = {
    file: { "opt/x": "file\n" },
    link: { "opt/x": { link: "elsewhere" } },
    directory: { "opt/x": { dir: 0o750 }, "opt/x/inner/deep": "deep\n" },
    "directory that is only implied": { "opt/x/y": "y\n" },
    nothing: { "opt/z": "z\n" },
  };
  for (const [from, first] of Object.entries(kinds))
    for (const [to, second] of Object.entries(kinds)) {
      if (from === to) continue;
      using bench = new Bench();
      const shelf = new Shelf();
      const device = await bench.open();
      await device.carryOut(planFor([], [shelf.add("app", first)], shelf), shelf, NEVER);
      const result = await device.carryOut(
        planFor(device.installed, [shelf.add("app", second)], shelf),
        shelf,
        NEVER,
      );
      assert.equal(result.outcome, "committed", `${from} to ${to}: ${result.error?.message}`);
      using fresh = new Bench();
      await (await fresh.open()).carryOut(planFor([], [shelf.add("app", second)], shelf), shelf, NEVER);
      assert.deepEqual(readTree(bench.root), readTree(fresh.root), `${from} to ${to}`);
    }
});

test("links on the device lead where they would for a process in the root, and never out of it", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  mkdirSync(join(bench.root, "usr/lib"), { recursive: true });
  mkdirSync(join(bench.dir, "outside"));
  symlinkSync("usr/lib", join(bench.root, "lib"));
  symlinkSync("/usr/lib", join(bench.root, "abs"));
  symlinkSync("../../../../../outside", join(bench.root, "escape"));
  const device = await bench.open();
  const app = shelf.add("app", { "lib/one": "1\n", "abs/two": "2\n" });
  assert.equal((await device.carryOut(planFor([], [app], shelf), shelf, NEVER)).outcome, "committed");
  assert.deepEqual(readdirSync(join(bench.root, "usr/lib")).sort(), ["one", "two"]);

  const escaping = shelf.add("evil", { "escape/three": "3\n" });
  await device.carryOut(planFor(device.installed, [app, escaping], shelf), shelf, NEVER);
  assert.deepEqual(readdirSync(join(bench.dir, "outside")), []);
  await device.carryOut(planFor(device.installed, [], shelf), shelf, NEVER);
  assert.ok(lstatSync(join(bench.root, "lib")).isSymbolicLink(), "the device's own links stay");
  assert.deepEqual(readdirSync(join(bench.root, "usr/lib")), []);
});

test("the revision that was carried out last is kept with the server's seal of it", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const device = await bench.open();
  assert.deepEqual(device.followed, { revision: 0 });
  const good = shelf.add("app", { "opt/app": "good\n" });
  await device.carryOut({ ...planFor([], [good], shelf, 7), seal: "seven" }, shelf, NEVER);
  assert.deepEqual(device.followed, { revision: 7, seal: "seven" });
  const bad = shelf.add("app", { "opt/app": "bad\n" }, { preinst: "exit 1\n" });
  await device.carryOut({ ...planFor(device.installed, [bad], shelf, 8), seal: "eight" }, shelf, NEVER);
  assert.deepEqual((await bench.open()).followed, { revision: 7, seal: "seven" });
  await device.carryOut(planFor(device.installed, [], shelf, 9), shelf, NEVER);
  assert.deepEqual((await bench.open()).followed, { revision: 9 }, "of a server that sends none");
});

test("what the server sends is believed only when its digest is right", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const app = shelf.add("app", { "opt/app": "good\n" });
  const device = await bench.open();
  const [digest] = [...shelf.blobs.keys()];
  shelf.blobs.set(digest ?? "", Buffer.from("evil\n"));
  const result = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.equal(result.error?.code, "DIGEST_MISMATCH");
  shelf.packets.set(app.digest, { ...app, manifest: [] });
  using second = new Bench();
  const other = await (await second.open()).carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.equal(other.error?.code, "DIGEST_MISMATCH");
  assert.deepEqual(readTree(bench.root), {});
});

test("a hostile manifest is refused on the device as well", async () => {
  for (const path of ["../evil", "/etc/evil", "a/../../evil", "a//b", ""]) {
    using bench = new Bench();
    const shelf = new Shelf();
    const app = shelf.add("app", { [path]: "evil\n" });
    const result = await (await bench.open()).carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.equal(result.error?.code, "ARCHIVE_UNSAFE", path);
    assert.deepEqual(readTree(bench.root), {});
  }
});

test("a content that is on the device already is not fetched, unless it was changed", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const v1 = shelf.add("app", {
    "opt/same": "the same\n",
    "opt/edited": "as it was\n",
    "opt/version": "1\n",
  });
  const v2 = shelf.add("app", {
    "opt/same": "the same\n",
    "opt/edited": "as it was\n",
    "opt/version": "2\n",
  });
  const device = await bench.open();
  await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
  writeFileSync(join(bench.root, "opt/edited"), "as it ist\n");
  shelf.asked.length = 0;
  await device.carryOut(planFor(device.installed, [v2], shelf), shelf, NEVER);
  assert.equal(shelf.asked.length, 2);
  assert.equal(readFileSync(join(bench.root, "opt/edited"), "utf8"), "as it was\n");
});

test("a plan that starts from another state is refused", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const one = shelf.add("one", { "opt/one": "1\n" });
  const two = shelf.add("two", { "opt/two": "2\n" });
  const device = await bench.open();
  await device.carryOut(planFor([], [one], shelf), shelf, NEVER);
  const result = await device.carryOut(planFor([], [two], shelf), shelf, NEVER);
  assert.equal(result.error?.code, "TRANSACTION_FAILED");
  assert.deepEqual(Object.keys(readTree(bench.root)), ["opt", "opt/one"]);
});

test("a script that takes too long is ended with all that it started", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const app = shelf.add(
    "app",
    { "opt/app": "1\n" },
    { preinst: 'sleep 600 & echo $! > "$JAMES_ROOT/../pid"; wait\n' },
  );
  const result = await (await bench.open({ scriptTimeoutMs: 2000 })).carryOut(
    planFor([], [app], shelf),
    shelf,
    NEVER,
  );
  assert.equal(result.error?.code, "SCRIPT_TIMEOUT");
  const pid = Number(readFileSync(join(bench.dir, "pid"), "utf8"));
  await waitFor("the process to end", () => (isAlive(pid) ? undefined : true));
});

test("a script that floods its output, or leaves a daemon that holds the pipe, does no harm", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const app = shelf.add(
    "app",
    { "opt/app": "1\n" },
    {
      preinst: "yes | head -c 20000000; echo the end\n",
      postinst: 'sleep 30 & echo $! > "$JAMES_ROOT/../pid"; echo started\n',
    },
  );
  const result = await (await bench.open()).carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.equal(result.outcome, "committed");
  assert.match(result.scripts[0]?.output ?? "", /the end\n$/);
  assert.ok((result.scripts[0]?.output.length ?? 0) <= 8192);
  assert.equal(result.scripts[1]?.output, "started\n");
  process.kill(Number(readFileSync(join(bench.dir, "pid"), "utf8")));
});

test("scripts are told who they are, and an empty one is fine", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const app = shelf.add(
    "app",
    { "opt/app": "1\n" },
    {
      preinst: "",
      postinst: '#!/bin/sh -e\necho "$JAMES_APP $JAMES_SCRIPT $JAMES_DEVICE $JAMES_TAGS $(pwd) $#"; cat\n',
    },
  );
  const result = await (await bench.open()).carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.deepEqual(
    result.scripts.map(({ exitCode }) => exitCode),
    [0, 0],
  );
  assert.equal(result.scripts[1]?.output, `app postinst device-1 a ${bench.root} 0\n`);
});
