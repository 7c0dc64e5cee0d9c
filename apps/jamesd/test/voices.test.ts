import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Voices } from "../src/fleet/voices.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** An agent that gives itself a name; from an address that shows which one it is. */
function named(instance: string, address = instance) {
  return { instance, connection: 1, address };
}

/** An agent of before. */
function unnamed(connection: number) {
  return { instance: undefined, connection, address: `old-${connection}` };
}

type Voice = ReturnType<typeof named | typeof unnamed>;

/** Lets these speak, a second after each other. */
function hearAll(all: Voices, voices: readonly Voice[], { isHeld }: { isHeld: boolean }): void {
  for (const [i, voice] of voices.entries()) all.hear(voice, isHeld, i * 1000);
}

/** Voices that spoke a second after each other; none of their check-ins was held. */
function heard(...voices: readonly Voice[]) {
  const all = new Voices();
  hearAll(all, voices, { isHeld: false });
  return { all, now: voices.length * 1000 };
}

describe("named agents", () => {
  const [a, b, c] = [named("a"), named("b"), named("c")];

  test("those that come back after each other are two machines; the first is served", () => {
    const { all, now } = heard(a, b, a, b);
    assert.deepEqual(all.double(now), { addresses: ["a", "b"] });
    assert.deepEqual([all.isRefused(a, now), all.isRefused(b, now)], [false, true]);
  });

  test("machines that start again, one that was put back once, and other addresses are no two", () => {
    for (const voices of [
      [a, a, a],
      [a, b, b, c],
      [a, b, a],
      [a, named("a", "elsewhere"), a],
    ]) {
      const { all, now } = heard(...voices);
      assert.equal(all.double(now), undefined);
      assert.equal(all.isRefused(b, now), false);
    }
  });

  test("three machines in a ring are found as well", () => {
    const { all, now } = heard(a, b, c, a, b);
    assert.deepEqual(all.double(now)?.addresses, ["a", "b", "c"]);
  });

  test("when the one that is served falls silent another takes its place, and keeps it", () => {
    const { all, now } = heard(a, b, a, b);
    assert.equal(all.isRefused(b, now), true);
    const later = now + 11 * MINUTE;
    all.hear(b, false, later);
    assert.equal(all.isRefused(b, later), false);
    all.hear(a, false, later + 1);
    assert.deepEqual([all.isRefused(a, later + 1), all.isRefused(b, later + 1)], [true, false]);
  });

  test("it is over when the other was not heard of for an hour, and has to be proved anew then", () => {
    const { all, now } = heard(a, b, a, b);
    all.hear(a, false, now + 30 * MINUTE);
    assert.ok(all.double(now + 30 * MINUTE));
    all.hear(a, false, now + HOUR);
    assert.equal(all.double(now + HOUR), undefined);
    all.hear(c, false, now + HOUR + 1);
    assert.equal(all.double(now + HOUR + 1), undefined);
    assert.equal(all.isRefused(c, now + HOUR + 1), false);
  });

  test("however many names a thief of the key gives, the machine that was there is served", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 }), (thieves) => {
        const all = new Voices();
        let now = 0;
        for (const name of [...thieves, 31, 32, 33]) {
          now += 1000;
          all.hear(a, false, now);
          assert.equal(all.isRefused(a, now), false);
          all.hear(named(`thief-${name}`), false, now);
          all.isRefused(named(`thief-${name}`), now);
        }
        assert.ok(all.double(now));
        assert.ok((all.double(now)?.addresses.length ?? 0) <= 8);
        assert.equal(all.isRefused(named("thief-33"), now), true);
      }),
    );
  });

  test("nor does it lose its place to many names at once, while it is held", () => {
    const all = new Voices();
    hearAll(all, [a, b, a, b], { isHeld: false });
    assert.equal(all.isRefused(a, 4000), false);
    for (let now = 5 * MINUTE; now < 3 * HOUR; now += 5 * MINUTE) {
      for (let name = 0; name < 20; name++) {
        const thief = named(`thief-${now}-${name}`);
        all.hear(thief, true, now - 1);
        assert.deepEqual([all.isRefused(thief, now - 1), all.double(now - 1) !== undefined], [true, true]);
      }
      all.hear(a, false, now);
      assert.equal(all.isRefused(a, now), false);
    }
  });
});

describe("agents that give themselves no name", () => {
  const [a, b] = [unnamed(1), unnamed(2)];

  test("a connection that speaks again after its held check-in was overtaken is a second machine; both are served", () => {
    const all = new Voices();
    hearAll(all, [a, b, a, b], { isHeld: true });
    assert.deepEqual(all.double(4000), { addresses: ["old-1", "old-2"] });
    assert.deepEqual([all.isRefused(a, 4000), all.isRefused(b, 4000)], [false, false]);
  });

  test("connections in turn of which none was held are one agent's, and so are lost ones", () => {
    assert.equal(heard(a, b, a, b, a, b).all.double(7000), undefined);
    const all = new Voices();
    for (let connection = 1; connection < 20; connection += 1)
      all.hear(unnamed(connection), true, connection);
    assert.equal(all.double(20), undefined);
  });

  test("beside one that gives itself a name both are found", () => {
    const all = new Voices();
    const newer = named("newer");
    hearAll(all, [a, newer, a, newer, a], { isHeld: true });
    assert.deepEqual(all.double(5000)?.addresses, ["newer", "old-1"]);
    assert.deepEqual([all.isRefused(a, 5000), all.isRefused(newer, 5000)], [false, false]);
  });

  test("a machine whose agent is brought up to date and put back again is one", () => {
    const all = new Voices();
    const newer = named("newer");
    hearAll(all, [a, newer, b, newer, unnamed(3), newer], { isHeld: false });
    assert.equal(all.double(6000), undefined);
  });
});
