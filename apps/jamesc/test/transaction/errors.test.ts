import assert from "node:assert/strict";
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import type { Transaction } from "@jamesd/protocol/device";
import { pick, steps, sweepTest } from "@jamesd/testkit";
import { Life, type Reaction } from "./faults/life.ts";
import { isSync } from "./faults/plan.ts";
import { Stage, scenarios } from "./faults/scenario.ts";

/** An error that comes once, or from then on for so many calls as a full or broken disk gives it. */
function failing(error: string, from: number, calls: number, only: (call: string) => boolean): Life {
  return new Life(({ number, call }): Reaction => {
    const isHit = number >= from && number < from + calls && only(call);
    return isHit ? { error } : "go on";
  });
}

/** What this process has open below a folder; what has no name any more, as the pipe of a script, ends with who writes to it. */
function openBelow(folder: string): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    const path = `/proc/self/fd/${fd}`;
    // That by which they are listed is closed by now.
    const open = lstatSync(path, { throwIfNoEntry: false }) ? readlinkSync(path) : "";
    return open.startsWith(folder) && !open.endsWith(" (deleted)") ? [open] : [];
  });
}

const anything = (): boolean => true;
/** What needs room. */
const grows = (call: string): boolean => /write|mkdir|open|symlink|copy|rename/i.test(call);

const CASES = [
  { what: "one call fails", error: "EIO", calls: 1, only: anything },
  { what: "the disk is full from here on", error: "ENOSPC", calls: Number.POSITIVE_INFINITY, only: grows },
  { what: "it is full for a while", error: "EDQUOT", calls: 9, only: grows },
  {
    what: "the file system became read-only",
    error: "EROFS",
    calls: Number.POSITIVE_INFINITY,
    only: anything,
  },
  { what: "every sync fails", error: "EIO", calls: Number.POSITIVE_INFINITY, only: isSync },
  {
    what: "a file is immutable",
    error: "EPERM",
    calls: 1,
    only: (call: string) => /rename|unlink|rm/.test(call),
  },
];

/** What the device refused says of which path, and what to do; never by a path that only the agent could follow. */
function assertNamed({ code, message, hint }: NonNullable<Transaction["error"]>, where: string): void {
  assert.doesNotMatch(message, /\/proc\/|injected/, where);
  if (code === "DEVICE_IO" || code === "STORAGE_FULL" || code === "ROLLBACK_FAILED") {
    assert.match(message, / \/\S*: .*\(E[A-Z]+\)/, where);
    assert.ok(hint, where);
  }
}

for (const { what, error, calls, only } of CASES)
  for (const scenario of scenarios().filter(({ name }) => /^(several apps|rollback)$/.test(name)))
    sweepTest(
      `${scenario.name}: ${what} (${error}), at every point: old or new, truthfully, and it goes on`,
      {},
      async () => {
        using stage = await Stage.make(scenario);
        const points = (await stage.points()).filter(({ call }) => only(call));
        assert.ok(points.length > 5, `${points.length} points`);
        for (const { number, call, site } of pick(`${scenario.name}, ${what}`, points, 2)) {
          const where = `${number}: ${call} ${site()}`;
          using bench = stage.copy();
          const result = await stage.tryOut(bench, failing(error, number, calls, only));
          assert.deepEqual(openBelow(bench.state), [], where);
          // It is tried again, and fails by something else each time.
          for (const from of [2, 4, 6, 8]) {
            using other = stage.copy(bench);
            await stage.recover(other, failing(error, from, Number.POSITIVE_INFINITY, only));
            assert.deepEqual(openBelow(other.state), [], `${where}, then ${from} in recovery`);
          }
          if (result?.error) assertNamed(result.error, where);
          // The disk is well again, and the agent starts anew.
          await stage.recover(bench, new Life());
          const end = stage.assertWhole(bench, where);
          if (result?.outcome === "committed")
            assert.equal(end, "new", `${where}: what was said to be committed is`);
          if (result?.outcome === "rolled-back")
            assert.equal(end, "old", `${where}: what was said to be undone is`);
          const next = await stage.carryOut(bench, new Life());
          const wished = scenario.outcome === "committed" ? "new" : "old";
          assert.equal(
            stage.assertWhole(bench, `${where}, again`),
            wished,
            `${where}: goes on: ${next?.error?.message}`,
          );
        }
      },
    );

sweepTest(
  "the record that begins fails to be synced, and the process dies at any point after that",
  {},
  async () => {
    const [upgrade] = scenarios().filter(({ name }) => name === "upgrade");
    assert.ok(upgrade);
    using stage = await Stage.make(upgrade);
    const begin = (await stage.points()).findLast(
      ({ call, site }) => isSync(call) && /^Journal.append.* < stageAll/.test(site()),
    );
    assert.ok(begin);
    let last = 0;
    for (const n of steps("deaths after begin", 4)) {
      last = n;
      using bench = stage.copy();
      const life = new Life(({ number }) => {
        if (number === begin.number) return { error: "EIO" };
        return number === begin.number + n ? "die" : "go on";
      });
      await stage.tryOut(bench, life);
      await stage.recover(bench, new Life());
      stage.assertWhole(bench, `${n} points after begin: ${life.points.at(-1)?.call}`);
      if (!life.isDead) break;
    }
    assert.ok(last > 5);
  },
);

test("a commit whose sync failed is never called committed", async () => {
  const [upgrade] = scenarios().filter(({ name }) => name === "upgrade");
  assert.ok(upgrade);
  using stage = await Stage.make(upgrade);
  const commits = (await stage.points()).filter(
    ({ call, site }) => isSync(call) && site().includes("StateFile.commit"),
  );
  assert.equal(commits.length, 2, "the file and its folder");
  for (const { number } of commits) {
    using bench = stage.copy();
    const result = await stage.tryOut(bench, failing("EIO", number, 1, isSync));
    assert.equal(result?.outcome, "rolled-back");
    assert.equal(stage.assertWhole(bench, `sync ${number}`), "old");
  }
});
