import assert from "node:assert/strict";
import { test } from "node:test";
import { DeltasAhead, type PacketPair } from "../../src/deltas/ahead.ts";

const pair = (base: string, devices: number): PacketPair => ({ base, target: "t", devices, ids: [] });

/** Deltas ahead whose makings are listed; each goes on when it is told to. */
function listing(unneeded: readonly string[] = []) {
  const made: string[] = [];
  const failures: unknown[] = [];
  let goOn: (() => void)[] = [];
  const ahead = new DeltasAhead({
    isNeeded: async ({ base }) => !unneeded.includes(base),
    make: ({ base }) => {
      made.push(base);
      if (base === "bad") return Promise.reject(new Error("bad"));
      return new Promise<void>((resolve) => goOn.push(resolve));
    },
    failed: (thrown) => failures.push(thrown),
  });
  const turn = async (): Promise<void> => {
    const going = goOn;
    goOn = [];
    for (const go of going) go();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return { ahead, made, failures, turn };
}

test("one is made after the other, those for most devices first, each once", async () => {
  const { ahead, made, turn } = listing();
  ahead.add([pair("a", 1), pair("b", 3)]);
  await turn();
  assert.deepEqual(made, ["b"]);
  ahead.add([pair("c", 2), pair("a", 5), pair("d", 1)]);
  for (let i = 0; i < 5; i++) await turn();
  assert.deepEqual(made, ["b", "a", "c", "d"]);
});

test("what is added while the last one ends is made too", async () => {
  const made: string[] = [];
  const last = Promise.withResolvers<void>();
  const make = ({ base }: PacketPair): Promise<void> => {
    made.push(base);
    return last.promise;
  };
  const ahead = new DeltasAhead({ isNeeded: async () => true, make, failed: () => assert.fail() });
  ahead.add([pair("a", 1)]);
  for (let i = 0; i < 10; i++) await Promise.resolve();
  // Heard of right after who waits for it in there.
  void last.promise.then(() => ahead.add([pair("b", 1)]));
  last.resolve();
  for (let i = 0; i < 10; i++) await Promise.resolve();
  assert.deepEqual(made, ["a", "b"]);
});

test("what no device needs any more is passed over, and what fails holds up no other", async () => {
  const { ahead, made, failures, turn } = listing(["gone"]);
  ahead.add([pair("gone", 9), pair("bad", 5), pair("a", 1)]);
  for (let i = 0; i < 5; i++) await turn();
  assert.deepEqual(made, ["bad", "a"]);
  assert.match(String(failures), /bad/);
});

test("so many wait, and no more: those for the fewest devices are left out", async () => {
  const { ahead } = listing();
  ahead.add(Array.from({ length: 5000 }, (_, n) => pair(`${n}`, n)));
  // One of them is under way.
  assert.equal(ahead.waiting, 31);
  ahead.add([pair("few", 0)]);
  assert.equal(ahead.waiting, 32);
  ahead.add([pair("fewer", 0)]);
  assert.equal(ahead.waiting, 32);
});

test("when it closes no other is begun, and the one that is being made is waited for", async () => {
  const { ahead, made, turn } = listing();
  ahead.add([pair("a", 2), pair("b", 1)]);
  await turn();
  let isClosed = false;
  const closed = ahead.close().then(() => {
    isClosed = true;
  });
  await Promise.resolve();
  assert.equal(isClosed, false);
  await turn();
  await closed;
  ahead.add([pair("c", 1)]);
  await turn();
  assert.deepEqual(made, ["a"]);
});
