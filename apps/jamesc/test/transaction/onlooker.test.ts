import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import type { Came, Onlooker, TransactionEvent } from "../../src/transaction/index.ts";
import { Bench, NEVER, planFor, Shelf } from "./fixture.ts";

/** Looks on, and may have the plan left when something happens. */
class Watcher implements Onlooker {
  readonly #left = new AbortController();
  readonly replaced = this.#left.signal;
  readonly came: Came[] = [];
  hasBegun = false;
  look: (() => Came) | undefined;

  fetching(look: () => Came): void {
    this.look = look;
  }

  begun(): void {
    this.hasBegun = true;
  }

  async committed(_report: Transaction): Promise<void> {}

  leave(): void {
    this.#left.abort(new JamesError("PLAN_REPLACED", "something else is wanted"));
  }
}

/** A shelf that says before each content that it gives. */
class TellingShelf extends Shelf {
  tell: () => void = () => undefined;

  override async blob(...args: Parameters<Shelf["blob"]>): ReturnType<Shelf["blob"]> {
    this.tell();
    return super.blob(...args);
  }
}

test("who looks on sees how much has come, and when the device begins to change", async () => {
  using bench = new Bench();
  const [shelf, watcher] = [new TellingShelf(), new Watcher()];
  const tree = { "opt/a": "a".repeat(1000), "opt/b": "b".repeat(2000), "opt/c": "c".repeat(4000) };
  const plan = planFor([], [shelf.add("app", tree)], shelf);
  shelf.tell = () => {
    if (watcher.look) watcher.came.push(watcher.look());
    assert.equal(watcher.hasBegun, false);
  };
  const device = await bench.open();
  assert.equal((await device.carryOut(plan, shelf, NEVER, watcher)).outcome, "committed");
  assert.ok(watcher.hasBegun);
  assert.equal(watcher.came.length, 3);
  assert.ok(watcher.came.every(({ bytes, total }) => total === 7000 && bytes < 7000));
});

const NOW = (work: () => void): void => work();

for (const [when, event, at] of [
  ["while it is fetched", "fetch", NOW],
  ["when it is prepared", "stage", NOW],
  ["while it is staged", "stage", setImmediate],
] as const)
  test(`a plan that is not wanted any more ${when} is left, and the device is as before`, async () => {
    using bench = new Bench();
    const [shelf, watcher] = [new Shelf(), new Watcher()];
    const log = (line: TransactionEvent): void => {
      if (line.event === event) at(() => watcher.leave());
    };
    const device = await bench.open({ log });
    const plan = planFor([], [shelf.add("app", { "opt/a": "a" })], shelf);
    await assert.rejects(
      device.carryOut(plan, shelf, NEVER, watcher),
      (thrown) => thrown instanceof JamesError && thrown.code === "PLAN_REPLACED",
    );
    assert.equal(watcher.hasBegun, false);
    assert.deepEqual([device.installed, device.failures, device.pendingReport()], [[], null, undefined]);
  });

test("what is not wanted any more after the device began to change is carried out", async () => {
  using bench = new Bench();
  const [shelf, watcher] = [new Shelf(), new Watcher()];
  watcher.begun = () => watcher.leave();
  const device = await bench.open();
  const plan = planFor([], [shelf.add("app", { "opt/a": "a" }, { preinst: "true" })], shelf);
  assert.equal((await device.carryOut(plan, shelf, NEVER, watcher)).outcome, "committed");
});

test("who looks on hears of the commit when it is durable, before what is left is cleared away", async () => {
  using bench = new Bench();
  const [shelf, watcher] = [new Shelf(), new Watcher()];
  const device = await bench.open();
  const journal = join(bench.state, "journal");
  const heard: Transaction[] = [];
  watcher.committed = async (report) => {
    heard.push(report);
    assert.deepEqual([existsSync(journal), device.pendingReport()], [true, report]);
    assert.match(readFileSync(join(bench.state, "state.json"), "utf8"), new RegExp(report.id));
  };
  const good = planFor([], [shelf.add("app", { "opt/a": "a" })], shelf);
  const committed = await device.carryOut(good, shelf, NEVER, watcher);
  assert.deepEqual([heard, existsSync(journal)], [[committed], false]);
  const bad = planFor(device.installed, [shelf.add("app", { "opt/a": "b" }, { postinst: "false" })], shelf);
  assert.equal((await device.carryOut(bad, shelf, NEVER, watcher)).outcome, "rolled-back");
  assert.equal(heard.length, 1);
});
