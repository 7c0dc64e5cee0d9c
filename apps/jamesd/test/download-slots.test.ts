import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { JamesError } from "@jamesd/model";
import fc from "fast-check";
import { DownloadSlots, SHARE } from "../src/http/download-slots.ts";

const HOUR_MS = 3_600_000;

function slots(most: number, waitMs = HOUR_MS): DownloadSlots {
  return new DownloadSlots({ most, waitMs, random: () => 0.5 });
}

/** Lets every promise that can go on do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** One that asks: what it has come to. */
class Asker {
  readonly who: string;
  readonly stop = new AbortController();
  state: "waits" | "holds" | "refused" | "aborted" | "done" = "waits";
  readonly #asked: Promise<void>;
  #giveBack: () => void = () => undefined;

  constructor(who: string, from: DownloadSlots, log: Asker[] = []) {
    this.who = who;
    this.#asked = from.take(who, this.stop.signal).then(
      (giveBack) => {
        this.#giveBack = giveBack;
        this.state = "holds";
        log.push(this);
      },
      (thrown) => {
        this.state = thrown instanceof JamesError ? "refused" : "aborted";
      },
    );
  }

  async end(): Promise<void> {
    this.#giveBack();
    this.#giveBack();
    this.state = "done";
    await settle();
  }

  async abort(): Promise<void> {
    this.stop.abort(new Error("gone"));
    await this.#asked;
  }
}

async function asking(from: DownloadSlots, ...names: readonly string[]): Promise<readonly Asker[]> {
  const askers = names.map((who) => new Asker(who, from));
  await settle();
  return askers;
}

const states = (askers: readonly Asker[]) => askers.map(({ state }) => state);

describe("download slots", () => {
  test("whoever has fewest is next, and of equals who came first", async () => {
    const all = slots(3);
    const [a1, a2, b1, a3, b2, c1, d1] = await asking(all, "a", "a", "b", "a", "b", "c", "d");
    assert.ok(a1 && a2 && b1 && a3 && b2 && c1 && d1);
    assert.deepEqual(states([a1, a2, b1, a3]), ["holds", "holds", "holds", "waits"]);
    await a1.end();
    assert.deepEqual(states([a3, b2, c1, d1]), ["waits", "waits", "holds", "waits"]);
    await a2.end();
    assert.deepEqual(states([a3, b2, c1, d1]), ["holds", "waits", "holds", "waits"]);
    await c1.end();
    assert.deepEqual(states([a3, b2, d1]), ["holds", "waits", "holds"]);
    await d1.end();
    assert.deepEqual(states([b2]), ["holds"]);
    for (const one of [b1, a3, b2]) await one.end();
  });

  test("a slot that is given back twice is one slot", async () => {
    const all = slots(1);
    const [first, second, third] = await asking(all, "a", "b", "c");
    assert.ok(first && second && third);
    await first.end();
    assert.deepEqual(states([second, third]), ["holds", "waits"]);
    await second.end();
    await third.end();
  });

  test("one alone gets no more than half, and its share in any case", async () => {
    for (const [most, gets] of [
      [40, 20],
      [10, SHARE],
      [4, 4],
    ] as const) {
      const askers = await asking(slots(most), ...Array.from({ length: most }, () => "a"));
      assert.equal(states(askers).filter((state) => state === "holds").length, gets);
      for (const one of askers) await one.abort();
    }
  });

  test("one who has gone leaves the queue", async () => {
    const [a, b, c] = await asking(slots(1), "a", "b", "c");
    assert.ok(a && b && c);
    await b.abort();
    await a.end();
    assert.deepEqual(states([b, c]), ["aborted", "holds"]);
  });

  test("one who has gone before is not let in", async () => {
    const reason = new Error("gone");
    await assert.rejects(slots(1).take("a", AbortSignal.abort(reason)), (thrown) => thrown === reason);
  });

  const isBusy = (thrown: unknown): boolean =>
    thrown instanceof JamesError && thrown.code === "SERVER_BUSY" && thrown.retryAfterMs === 10_000;
  const { signal } = new AbortController();

  test("the queue has an end, and one may not fill it", async () => {
    const all = slots(1);
    const askers = await asking(all, "b", ..."a".repeat(SHARE));
    await assert.rejects(all.take("a", signal), isBusy);
    const others = await asking(all, ...Array.from({ length: 50 - SHARE }, (_, i) => `other-${i}`));
    await assert.rejects(all.take("f", signal), isBusy);
    assert.ok(!states([...askers, ...others]).includes("refused"));
    for (const one of [...askers, ...others]) await one.abort();
  });

  test("who waits in vain is told so, with when to come again", async () => {
    const all = slots(1, 1);
    const [holder] = await asking(all, "a");
    await assert.rejects(all.take("b", signal), isBusy);
    await holder?.end();
    const [next] = await asking(all, "c");
    assert.equal(next?.state, "holds");
  });
});

/** Asks for the one with that number, or ends or aborts the nth that there is. */
const event = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("ask" as const), n: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("end" as const), n: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort" as const), n: fc.nat(100) }) },
);

test("law: never too many, nobody above the share while one below it waits, fewest first, nobody forgotten", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30 }),
      fc.array(event, { minLength: 20, maxLength: 150 }),
      async (most, events) => {
        const all = slots(most);
        const askers: Asker[] = [];
        const admitted: Asker[] = [];
        const held = (who?: string) =>
          askers.filter((one) => one.state === "holds" && (who === undefined || one.who === who)).length;
        for (const { kind, n } of events) {
          const before = held();
          const waited = askers.filter(({ state }) => state === "waits");
          const pick = (state: Asker["state"]) => {
            const those = askers.filter((one) => one.state === state);
            return those[n % those.length];
          };
          if (kind === "ask") askers.push(new Asker(`device-${n}`, all, admitted));
          else if (kind === "end") await pick("holds")?.end();
          else await pick("waits")?.abort();
          await settle();

          assert.ok(held() <= most, "too many at once");
          const waiting = askers.filter(({ state }) => state === "waits");
          for (const { who } of admitted.splice(0)) {
            const mine = held(who) - 1;
            if (mine >= SHARE) assert.ok((held() - 1) * 2 < most, "above the share without room");
            for (const other of waiting)
              if (waited.includes(other))
                assert.ok(held(other.who) >= mine, "one with fewer was passed over");
          }
          for (const { who } of waiting)
            assert.ok(held() === most || (held(who) >= SHARE && held() * 2 >= most), "one waits for nothing");
          assert.ok(kind !== "abort" || held() === before);
        }
        // In the end everybody who was not refused has had a turn.
        for (let one = askers.find(({ state }) => state === "holds"); one; ) {
          await one.end();
          one = askers.find(({ state }) => state === "holds");
        }
        assert.ok(!states(askers).includes("waits"), "one was forgotten");
      },
    ),
    { numRuns: 150 },
  );
});
