import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HandshakeGate } from "../src/http/handshake-gate.ts";

/** A gate with a clock of its own, who was let in, in this order, and who was turned away. */
function gate(most: number, mostOfPlace: number) {
  const state = { now: 0, perSecond: 500, admitted: [] as string[], refused: [] as string[], late: "" };
  const all = new HandshakeGate({
    ...{ most, mostOfPlace, perSecond: () => state.perSecond, clock: () => state.now },
    isLate: (place) => place === state.late,
    refused: (address) => state.refused.push(address),
  });
  const come = (remoteAddress: string) => {
    const socket = {
      remoteAddress,
      destroyed: false,
      destroy: () => Object.assign(socket, { destroyed: true }),
    };
    all.take(socket, () => state.admitted.push(remoteAddress));
    return socket;
  };
  return { all, state, come };
}

test("so many come in at once, the others in their turn, each place after the other", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { all, state, come } = gate(100, 100);
  for (let i = 0; i < 50; i++) come("10.0.0.1");
  assert.equal(state.admitted.length, 50);
  for (let i = 0; i < 10; i++) come("10.0.0.1");
  for (let i = 0; i < 3; i++) come("10.0.0.2");
  assert.deepEqual([state.admitted.splice(0).length, all.waiting], [50, 13]);
  state.now += 16;
  t.mock.timers.tick(20);
  assert.deepEqual(state.admitted, [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.1",
    "10.0.0.2",
    ...Array(2).fill("10.0.0.1"),
  ]);
  state.now += 1000;
  t.mock.timers.tick(20);
  assert.equal(all.waiting, 0);
  come("10.0.0.3");
  assert.equal(state.admitted.at(-1), "10.0.0.3");
});

test("a place that is late waits until it is so no more, and keeps nobody else waiting", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { all, state, come } = gate(1000, 1000);
  state.late = "10.0.0.1";
  const late = Array.from({ length: 300 }, () => come(state.late));
  assert.deepEqual([state.admitted.length, all.waiting, state.refused.length], [0, 256, 44]);
  assert.equal(late.filter(({ destroyed }) => destroyed).length, 44);
  come("10.0.0.2");
  state.now += 20;
  t.mock.timers.tick(20);
  assert.deepEqual([state.admitted, all.waiting], [["10.0.0.2"], 256]);
  state.late = "";
  state.now += 20;
  t.mock.timers.tick(20);
  assert.ok(state.admitted.includes("10.0.0.1"));
  state.late = "10.0.0.1";
  all.close();
  assert.ok(all.waiting === 0 && late.every(({ destroyed }, i) => destroyed || i < state.admitted.length));
});

test("what cost more than a usual handshake is paid for by whoever comes next, for no longer than a second", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { all, state, come } = gate(1000, 1000);
  for (let i = 0; i < 40; i++) come("10.0.0.1");
  all.charge(30);
  come("10.0.0.2");
  assert.equal(state.admitted.length, 40);
  state.now += 42;
  t.mock.timers.tick(20);
  assert.equal(state.admitted.at(-1), "10.0.0.2");
  all.charge(1_000_000);
  come("10.0.0.3");
  for (let ms = 0; ms < 1000; ms += 20) {
    state.now += 20;
    t.mock.timers.tick(20);
  }
  assert.equal(state.admitted.length, 41);
  state.now += 20;
  t.mock.timers.tick(20);
  assert.equal(state.admitted.at(-1), "10.0.0.3");
});

test("when too many wait, in all or of a place, who comes then is turned away; one that was reset costs nothing", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { all, state, come } = gate(4, 3);
  for (let i = 0; i < 50; i++) come("10.0.0.1");
  const [first] = ["10.0.0.1", "10.0.0.1", "10.0.0.1"].map(come);
  assert.equal(come("10.0.0.1").destroyed, true);
  come("10.0.0.2");
  assert.equal(come("10.0.0.3").destroyed, true);
  assert.deepEqual(state.refused, ["10.0.0.1", "10.0.0.3"]);
  first?.destroy();
  state.admitted.length = 0;
  state.now += 2;
  t.mock.timers.tick(20);
  assert.deepEqual(state.admitted, ["10.0.0.2"]);
  const late = come("10.0.0.4");
  all.close();
  assert.deepEqual([late.destroyed, all.waiting, come("10.0.0.5").destroyed], [true, 0, true]);
});

test("never more come in than the rate lets, whatever it is by then, and nobody is forgotten", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const place = fc.integer({ min: 1, max: 3 }).map((n) => `10.0.0.${n}`);
  const step = fc.record({
    ms: fc.nat({ max: 200 }),
    rate: fc.integer({ min: 50, max: 500 }),
    // It looks at the rate when somebody comes or waits, and knows nothing of what it was in between.
    come: fc.array(place, { minLength: 1, maxLength: 120, size: "max" }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { all, state, come } = gate(1000, 1000);
      let [may, came] = [50, 0];
      for (const { ms, rate, come: places } of steps) {
        const before = state.admitted.length;
        for (const one of places) come(one);
        came += places.length;
        assert.ok(state.admitted.length - before <= 50, "little is saved up");
        state.now += ms;
        state.perSecond = rate;
        may += (ms * rate) / 1000;
        t.mock.timers.tick(20);
        assert.ok(state.admitted.length <= may + 1e-6);
        assert.equal(state.admitted.length + all.waiting, came);
      }
      all.close();
    }),
  );
});
