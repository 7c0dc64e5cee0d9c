import assert from "node:assert/strict";
import { test } from "node:test";
import { Leftovers } from "../src/ingest/leftovers.ts";

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

/** A file that is added to every half hour, and one that nobody adds to; which are left over at any time? */
function watched(setBy: (hour: number) => number) {
  const [start, left] = [1_800_000_000_000, new Map<string, number>()];
  let real = 0;
  const now = (): number => start + real + setBy(real / HOUR);
  const leftovers = new Leftovers({ now, monotonic: () => real });
  const idle = { size: 1, mtimeMs: now() };
  for (; real <= 50 * HOUR; real += HOUR / 2) {
    const coming = { size: real, mtimeMs: now() };
    for (const name of leftovers.among(
      new Map([
        ["idle", idle],
        ["coming", coming],
      ]),
    ))
      if (!left.has(name)) left.set(name, real / HOUR);
  }
  return Object.fromEntries(left);
}

test("what is added to is never a leftover, and what is not is one after a day, whatever the clock shows", () => {
  assert.deepEqual(
    watched(() => 0),
    { idle: 24 },
  );
  assert.deepEqual(
    watched((hour) => (hour < 2 ? YEAR : 0)),
    { idle: 24 },
    "it was ahead and is set back",
  );
  assert.deepEqual(
    watched((hour) => (hour > 2 ? -YEAR : 0)),
    { idle: 24 },
    "it is set back",
  );
  // An hour from the start on is enough for who pauses: what comes is another file each time.
  assert.deepEqual(
    watched((hour) => (hour > 2 && hour < 3 ? YEAR : 0)),
    { idle: 2.5 },
    "it is ahead for a while",
  );
});

test("a server that is started anew forgets after an hour what was a leftover before", () => {
  let real = 0;
  const leftovers = new Leftovers({ now: () => YEAR, monotonic: () => real });
  const files = new Map([["old", { size: 1, mtimeMs: 0 }]]);
  assert.deepEqual(leftovers.among(files), []);
  real = HOUR - 1;
  assert.deepEqual(leftovers.among(files), []);
  real = HOUR;
  assert.deepEqual(leftovers.among(files), ["old"]);
});
