import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree } from "@jamesd/testkit";
import type { Device } from "../../../src/transaction/index.ts";
import { conffileAction } from "../../../src/transaction/plan/conffiles.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const CONF = "etc/app/app.conf";
const MARK = { conffiles: [CONF] };

/** A device with the app, and what a user does there before the next plan. */
class Case implements Disposable {
  readonly bench = new Bench();
  readonly shelf = new Shelf();
  readonly conf = join(this.bench.root, CONF);
  #device: Device | undefined;
  #revision = 0;

  async install(text: string | undefined, rest: object = MARK): Promise<void> {
    const result = await this.tryInstall(text, rest);
    assert.equal(result.outcome, "committed", result.error?.message);
  }

  async tryInstall(text: string | undefined, rest: object = MARK, scripts = {}) {
    this.#device ??= await this.bench.open();
    const tree = text === undefined ? undefined : { [CONF]: text, "usr/bin/app": `app for ${text}` };
    const wanted = tree ? [this.shelf.add("app", tree, scripts, rest)] : [];
    this.#revision += 1;
    const plan = planFor(this.#device.installed, wanted, this.shelf, this.#revision);
    return this.#device.carryOut(plan, this.shelf, NEVER);
  }

  get unmerged(): readonly string[] {
    return this.#device?.unmerged() ?? [];
  }

  /** What is in the folder, by name. */
  get texts(): Record<string, string> {
    const tree = Object.keys(readTree(join(this.bench.root, "etc"))).filter((path) =>
      path.startsWith("app/"),
    );
    return Object.fromEntries(
      tree.map((path) => [path.slice(4), readFileSync(join(this.bench.root, "etc", path), "utf8")]),
    );
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

test("the table: what was recorded, what is there, what comes", () => {
  const [old, edited, next] = ["a", "b", "c"];
  const action = (recorded: string | undefined, current: string | undefined) =>
    conffileAction({ recorded, current, next });
  assert.equal(action(undefined, undefined), "install", "new");
  assert.equal(action(old, old), "install", "unedited");
  assert.equal(action(old, edited), "beside", "edited here and changed there");
  assert.equal(action(old, undefined), "beside", "deleted here and changed there");
  assert.equal(action(old, "other"), "beside", "no file any more");
  assert.equal(action(old, next), "keep", "edited to the same");
  for (const current of [old, edited, next, undefined, "other"])
    assert.equal(action(next, current), "keep", "not changed by the packet");
});

test("an unedited configuration file follows the packet, with the mode the device gave it", async () => {
  using one = new Case();
  await one.install("1\n");
  chmodSync(one.conf, 0o600);
  await one.install("2\n");
  assert.deepEqual(one.texts, { "app.conf": "2\n" });
  assert.equal(lstatSync(one.conf).mode & 0o7777, 0o600);
  await one.install(undefined);
  assert.ok(!existsSync(join(one.bench.root, "etc")), "nothing stays behind");
});

test("an edited one stays, the news is put beside it, and goes with the packet", async () => {
  using one = new Case();
  await one.install("1\n");
  writeFileSync(one.conf, "mine\n");
  await one.install("2\n");
  assert.deepEqual(one.texts, { "app.conf": "mine\n", "app.conf.jamesd-new": "2\n" });
  assert.deepEqual(one.unmerged, [`${CONF}.jamesd-new`]);
  await one.install("3\n");
  assert.deepEqual(one.texts, { "app.conf": "mine\n", "app.conf.jamesd-new": "3\n" });
  rmSync(`${one.conf}.jamesd-new`);
  assert.deepEqual(one.unmerged, [], "merged");
  await one.install("4\n");
  assert.deepEqual(one.unmerged, [`${CONF}.jamesd-new`]);
  await one.install(undefined);
  assert.deepEqual(one.unmerged, []);
  assert.deepEqual(one.texts, { "app.conf": "mine\n" });
});

test("one that the packet did not change is left alone, edited or deleted", async () => {
  using one = new Case();
  await one.install("1\n");
  writeFileSync(one.conf, "mine\n");
  await one.install("1\n", { ...MARK, policy: { unowned: "refuse" } });
  assert.deepEqual(one.texts, { "app.conf": "mine\n" });
  rmSync(one.conf);
  await one.install("1\n");
  assert.deepEqual(one.texts, {});
  await one.install("2\n");
  assert.deepEqual(one.texts, { "app.conf.jamesd-new": "2\n" });
});

test("an edited one that outlived its packet is found again by the next installation", async () => {
  using one = new Case();
  await one.install("1\n");
  writeFileSync(one.conf, "mine\n");
  await one.install(undefined);
  assert.deepEqual(one.texts, { "app.conf": "mine\n" });
  await one.install("2\n");
  assert.deepEqual(one.texts, { "app.conf": "mine\n", "app.conf.jamesd-new": "2\n" });
  await one.install(undefined);
  rmSync(one.conf);
  await one.install("2\n");
  assert.deepEqual(one.texts, { "app.conf": "2\n" }, "deleted meanwhile: as good as new");
  await one.install(undefined);
  assert.ok(!existsSync(join(one.bench.root, "etc")), "the folder is ours all along");
});

test("a link that the user put in its place is neither followed nor replaced", async () => {
  using one = new Case();
  await one.install("1\n");
  const elsewhere = join(one.bench.dir, "elsewhere");
  writeFileSync(elsewhere, "1\n");
  rmSync(one.conf);
  symlinkSync(elsewhere, one.conf);
  await one.install("2\n");
  assert.ok(lstatSync(one.conf).isSymbolicLink());
  assert.equal(readFileSync(elsewhere, "utf8"), "1\n");
  assert.equal(readFileSync(`${one.conf}.jamesd-new`, "utf8"), "2\n");
});

test("an edit that a script or a user makes in the middle is not lost: the transaction is undone", async () => {
  using one = new Case();
  const edit = 'test -n "$JAMES_UNDO" || echo mine > "$JAMES_ROOT/etc/app/app.conf"\n';
  const device = await one.tryInstall("1\n", MARK, { prerm: edit });
  assert.equal(device.outcome, "committed");
  const result = await one.tryInstall("2\n");
  assert.equal(result.error?.code, "TRANSACTION_FAILED");
  assert.deepEqual(one.texts, { "app.conf": "mine\n" });
  await one.install("2\n");
  assert.deepEqual(one.texts, { "app.conf": "mine\n", "app.conf.jamesd-new": "2\n" });
});

test("a rollback brings back what was there, what lay beside as well", async () => {
  using one = new Case();
  await one.install("1\n");
  writeFileSync(one.conf, "mine\n");
  await one.install("2\n");
  const before = readTree(one.bench.root);
  const result = await one.tryInstall("3\n", MARK, { postinst: "exit 1\n" });
  assert.equal(result.outcome, "rolled-back");
  assert.deepEqual(readTree(one.bench.root), before);
});

test("an edited one that the new packet has as a plain file is not overwritten unless the policy says so", async () => {
  using one = new Case();
  await one.install("1\n");
  writeFileSync(one.conf, "mine\n");
  const refused = await one.tryInstall("2\n", {});
  assert.equal(refused.error?.code, "PATH_NOT_OWNED");
  assert.deepEqual(one.texts, { "app.conf": "mine\n" });
  await one.install("2\n", { policy: { unowned: "overwrite" } });
  assert.deepEqual(one.texts, { "app.conf": "2\n" });
});

test("one whose name is as long as a name can be is upgraded and removed like any other", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const path = `etc/${"c".repeat(255)}`;
  const packet = (content: string) => shelf.add("app", { [path]: content }, {}, { conffiles: [path] });
  const device = await bench.open();
  const bring = async (...wanted: ReturnType<typeof packet>[]) => {
    const result = await device.carryOut(planFor(device.installed, wanted, shelf), shelf, NEVER);
    assert.equal(result.outcome, "committed", result.error?.message);
    const etc = join(bench.root, "etc");
    return readdirSync(etc)
      .map((name) => readFileSync(join(etc, name), "utf8"))
      .sort();
  };
  await bring(packet("1\n"));
  writeFileSync(join(bench.root, path), "mine\n");
  assert.deepEqual(await bring(packet("2\n")), ["2\n", "mine\n"]);
  assert.deepEqual(await bring(), ["mine\n"]);
});

test("one that its owner made very long is edited: nobody reads it", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const rest = { conffiles: ["etc/app.conf"] };
  const [v1, v2] = ["1\n", "2\n"].map((text) => shelf.add("app", { "etc/app.conf": text }, {}, rest));
  assert.ok(v1 && v2);
  const device = await bench.open();
  await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
  const at = join(bench.root, "etc/app.conf");
  truncateSync(at, 2 ** 30);
  const before = bytesRead();
  for (const [revision, wanted] of [[v2], []].entries()) {
    const done = await device.carryOut(planFor(device.installed, wanted, shelf, revision + 2), shelf, NEVER);
    assert.equal(done.outcome, "committed", done.error?.message);
  }
  assert.equal(lstatSync(at).size, 2 ** 30);
  assert.ok(bytesRead() - before < 2 ** 28);
});

// By this process, see proc_pid_io(5).
function bytesRead(): number {
  return Number(/^rchar: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

test("a configuration file that a user makes endless while the plan is carried out is not read", async () => {
  using one = new Case();
  const grow = { prerm: `truncate -s 2G "$JAMES_ROOT/${CONF}"\n` };
  await one.tryInstall("1\n", MARK, grow);
  const before = bytesRead();
  const { error } = await one.tryInstall("2\n");
  assert.match(error?.message ?? "", /was changed while the plan was carried out/);
  assert.ok(bytesRead() - before < 2 ** 28);
});
