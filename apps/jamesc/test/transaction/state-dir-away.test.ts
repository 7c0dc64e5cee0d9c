import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree } from "@jamesd/testkit";
import type { TransactionEvent } from "../../src/transaction/index.ts";
import { Bench, NEVER, planFor, Shelf } from "./fixture.ts";

const INSTEAD: { readonly [what: string]: (away: string, place: string) => void } = {
  nothing: () => undefined,
  // Such as what an earlier start left below the mount point.
  "an older copy": (away, place) => cpSync(away, place, { recursive: true }),
  "an empty folder": (_, place) => void mkdirSync(place),
};

for (const [what, put] of Object.entries(INSTEAD))
  test(`a state directory that goes while the agent runs is told, and nothing changes until it is back: ${what}`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const device = await bench.open();
    const packet = shelf.add("app", { app: "1\n" });
    await device.carryOut(planFor([], [packet], shelf), shelf, NEVER);
    const away = `${bench.state}.away`;
    renameSync(bench.state, away);
    put(away, bench.state);
    const before = [readTree(bench.root), what === "nothing" || readdirSync(bench.state)];
    const removal = planFor(device.installed, [], shelf, 2);
    const result = await device.carryOut(removal, shelf, NEVER);
    assert.equal(result.outcome, "stuck");
    assert.equal(result.error?.code, "DEVICE_IO");
    assert.match(result.error?.message ?? "", /not the directory any more/);
    assert.equal(device.isKnown, false);
    assert.deepEqual([readTree(bench.root), what === "nothing" || readdirSync(bench.state)], before);

    rmSync(bench.state, { recursive: true, force: true });
    renameSync(away, bench.state);
    const again = await device.carryOut(removal, shelf, NEVER);
    assert.equal(again.outcome, "committed", again.error?.message);
    assert.deepEqual(readTree(bench.root), {});
  });

test("what keeps a device from saying what it has is in the log once, however often it looks", async () => {
  using bench = new Bench();
  const state = join(bench.state, "state.json");
  mkdirSync(state, { recursive: true });
  const said: unknown[] = [];
  const log = (event: TransactionEvent): void => void said.push(event.error);
  const device = await bench.open({ log });
  for (let i = 0; i < 3; i += 1) await device.recover();
  assert.equal(device.stuck?.error?.code, "DEVICE_IO");
  assert.equal(said.length, 1);
  rmSync(state, { recursive: true });
  await device.recover();
  assert.equal(device.stuck, undefined);
  mkdirSync(state);
  const again = await bench.open({ log });
  assert.equal(again.isKnown, false);
  assert.equal(said.length, 2, "and again when it comes again");
});

test("what the server has heard is not noted in another directory that stands there now", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const device = await bench.open();
  const { id } = await device.carryOut(planFor([], [shelf.add("app", { app: "1\n" })], shelf), shelf, NEVER);
  cpSync(bench.state, `${bench.state}.copy`, { recursive: true });
  renameSync(bench.state, `${bench.state}.away`);
  renameSync(`${bench.state}.copy`, bench.state);
  const before = readTree(bench.state);
  await device.acknowledgeReport(id);
  assert.deepEqual(readTree(bench.state), before);
  assert.equal(device.pendingReport()?.error?.code, "DEVICE_IO");
});
