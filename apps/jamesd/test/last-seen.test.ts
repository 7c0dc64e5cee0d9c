import assert from "node:assert/strict";
import { test } from "node:test";
import { LastSeen } from "../src/fleet/last-seen.ts";
import type { Seen } from "../src/repository/device-store.ts";

const at = (time: number): Seen => ({ time, certEnds: undefined });

/** Notes that are written only when they are let: each list of what is written together, and what lets the next one be. */
function open() {
  const written: (readonly [string, number])[][] = [];
  const under: (() => void)[] = [];
  const noteSeen = async (seen: ReadonlyMap<string, Seen>): Promise<void> => {
    written.push([...seen].map(([id, { time }]) => [id, time]));
    await new Promise<void>((resolve) => under.push(resolve));
  };
  const next = async (): Promise<void> => {
    await new Promise(setImmediate);
    under.shift()?.();
    await new Promise(setImmediate);
  };
  return { seen: new LastSeen({ noteSeen }), written, next };
}

test("one that is waited for is written before all others that are only in memory, together with those that are as well", async () => {
  const { seen, written, next } = open();
  for (let i = 0; i < 2000; i += 1) seen.note(`d${i}`, at(1));
  const whole = seen.flush();
  await new Promise(setImmediate);
  for (const id of ["d1", "d1999", "new"]) seen.note(id, at(2));
  const begun = Promise.all(["d1", "d1999", "new"].map((id) => seen.write(id)));
  await next();
  await next();
  await begun;
  assert.deepEqual(written[1], [
    ["d1", 2],
    ["d1999", 2],
    ["new", 2],
  ]);
  for (let i = 0; i < 3; i += 1) await next();
  await whole;
  const times = new Map<string, number[]>();
  for (const [id, time] of written.flat()) times.set(id, [...(times.get(id) ?? []), time]);
  assert.equal(times.size, 2001);
  // What was seen before is never written after it.
  assert.deepEqual([times.get("d1"), times.get("d1999"), times.get("d2")], [[1, 2], [2], [1]]);
  const closed = seen.close();
  await next();
  await closed;
});

test("who flushes waits for what is being written, also where nothing else is to be", async () => {
  const { seen, next } = open();
  seen.note("d", at(1));
  let isWritten = false;
  void seen.write("d").then(() => {
    isWritten = true;
  });
  const flushed = seen.flush().then(() => isWritten);
  await next();
  assert.equal(await flushed, true);
  await seen.close();
});
