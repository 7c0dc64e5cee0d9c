import assert from "node:assert/strict";
import { test } from "node:test";
import { EventTally } from "../../src/metrics/event-tally.ts";
import { rolledBack, Scene } from "../scene.ts";

test("events are counted from the start on, each once, and what a device calls its errors is bounded", async () => {
  await using scene = await Scene.open();
  await scene.failed();
  const tally = new EventTally(scene.repository.events);
  await tally.read();
  assert.deepEqual([...tally.kinds], []);
  const failed = rolledBack("0".repeat(64));
  const error = { code: "constructor", message: "" };
  await scene.report("d", [], { ...failed, id: "a" });
  await scene.report("d", [], { ...failed, id: "b", error: { ...error, code: "DISK_FULL_OF_BEES" } });
  await Promise.all([tally.read(), tally.read()]);
  await scene.report("d", [], { ...failed, id: "c", error });
  // More than a page.
  const { error: _, ...good } = failed;
  for (let i = 0; i < 201; i += 1)
    await scene.report("d", [], { ...good, id: `i${i}`, outcome: "committed", durationMs: 4000 });
  await tally.read();
  assert.equal(tally.kinds.get("transaction"), 204);
  assert.deepEqual(
    [...tally.transactions].map(({ outcome, error, count }) => [outcome, error, count]),
    [
      ["rolled-back", "SCRIPT_FAILED", 1],
      ["rolled-back", "other", 2],
      ["committed", "", 201],
    ],
  );
  const told = tally.durations.get("committed")?.samples({}) ?? [];
  assert.deepEqual(
    told.map(({ labels, value, suffix }) => [suffix, (labels as { le?: string }).le, value]),
    [
      ["_bucket", "1", 0],
      ...["5", "15", "60", "300", "1800", "+Inf"].map((le) => ["_bucket", le, 201]),
      ["_sum", undefined, 804],
      ["_count", undefined, 201],
    ],
  );
});

test("a log that could not be read at the start is counted as soon as it can be", async () => {
  await using scene = await Scene.open();
  const { events } = scene.repository;
  let isBroken = true;
  const page: typeof events.page = async (query) => {
    if (isBroken) throw new Error("it cannot be read");
    return events.page(query);
  };
  const tally = new EventTally({ page });
  await assert.rejects(tally.read(), /cannot be read/);
  isBroken = false;
  await tally.read();
  await scene.report("d");
  await tally.read();
  assert.equal(tally.kinds.get("device-added"), 1);
});
