import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
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
