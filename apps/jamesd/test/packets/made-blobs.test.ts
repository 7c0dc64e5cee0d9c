import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { describe, test } from "node:test";
import { type Content, sha256 } from "@jamesd/model";
import { memoryFolder } from "@jamesd/testkit";
import { oneChunk } from "../../src/blobs/blob-store.ts";
import { openStores, type Stores } from "../../src/data/stores.ts";
import { MadeBlobs, type Recipe } from "../../src/packets/made-blobs.ts";
import { MadeRoom } from "../../src/packets/made-room.ts";
import { packetOf } from "../repository/repository.contract.ts";

const HOUR = 3_600_000;
const { signal } = new AbortController();

/** Blobs that are made, a clock that stands until it is moved, and what failed. */
class Fixture {
  readonly stores: Stores;
  readonly made: MadeBlobs;
  readonly failures: unknown[] = [];
  collections = 0;
  now = 1_000_000;

  constructor(stores: Stores, maxBytes: number) {
    this.stores = stores;
    const now = (): number => this.now;
    const collect = async (): Promise<void> => {
      this.collections += 1;
      await stores.collect();
    };
    const room = new MadeRoom({ made: stores.repository.made, maxBytes, now, collect });
    const failed = (thrown: unknown): void => void this.failures.push(thrown);
    this.made = new MadeBlobs({ blobs: stores.blobs, room, failed, now });
  }

  ask(key: string, recipe: Recipe, { who = "d", waitMs = HOUR, isNeeded = true } = {}) {
    return this.made.get(key, recipe, { who, waitMs, isNeeded, signal });
  }
}

async function withMade(work: (fixture: Fixture) => Promise<void>, maxBytes = 2 ** 20): Promise<void> {
  const dir = memoryFolder("jamesd-made-");
  const stores = await openStores(dir);
  const fixture = new Fixture(stores, maxBytes);
  try {
    await work(fixture);
  } finally {
    await fixture.made.close();
    await stores.close();
    rmSync(dir, { recursive: true });
  }
}

describe("blobs that are made", () => {
  test("wait in a queue of which one certificate has its share only", () =>
    withMade(async (fixture) => {
      const wait = Promise.withResolvers<null>();
      const begun = new Set<string>();
      const blocked = (key: string): Recipe => ({
        known: async () => undefined,
        make: async () => {
          begun.add(key);
          return wait.promise;
        },
      });
      for (let n = 0; n < 20; n += 1)
        await fixture.ask(`greedy ${n}`, blocked(`greedy ${n}`), { who: "greedy", waitMs: 0 });
      await fixture.ask("other", blocked("other"), { who: "other", waitMs: 0 });
      wait.resolve(null);
      await fixture.ask("other", blocked("other"), { who: "other" });
      assert.deepEqual([begun.size, begun.has("other"), begun.has("greedy 8")], [9, true, false]);
    }));

  test("are not made for who does not need them", () =>
    withMade(async (fixture) => {
      const recipe: Recipe = { known: async () => undefined, make: () => assert.fail("it was made") };
      assert.equal(await fixture.ask("k", recipe, { isNeeded: false }), undefined);
      assert.deepEqual(fixture.failures, []);
    }));

  test("are not tried again for an hour when making one failed, or this server cannot", () =>
    withMade(async (fixture) => {
      let tries = 0;
      const failing = async (): Promise<undefined> => {
        tries += 1;
        if (tries === 1) throw new Error("the thread ended without a delta");
        return undefined;
      };
      const recipe: Recipe = { known: async () => undefined, make: failing };
      for (let n = 0; n < 5; n += 1) assert.equal(await fixture.ask("k", recipe), undefined);
      assert.deepEqual([tries, fixture.failures.length], [1, 1]);
      fixture.now += HOUR;
      for (let n = 0; n < 5; n += 1) assert.equal(await fixture.ask("k", recipe), undefined);
      assert.deepEqual([tries, fixture.failures.length], [2, 1]);
    }));

  test("go when there is no room, those that were not asked for longest, and their files soon", () =>
    withMade(async (fixture) => {
      const { blobs, repository } = fixture.stores;
      const versions = ["v1", "v2", "v3", "v4"].map((version) => packetOf("a", [version]));
      for (const packet of versions)
        await repository.packets.add(packet, { author: "olga", address: "10.0.0.1", time: 1 });
      const [base = "", ...targets] = versions.map(({ digest }) => digest);
      const recipeOf = (target: string): Recipe => ({
        known: () => repository.made.delta(base, target),
        make: async (hold) => {
          const blob = await blobs.put(oneChunk(Buffer.from(target.slice(0, 10))), hold);
          await blobs.flush();
          await repository.made.saveDelta(base, target, blob);
          return blob;
        },
      });
      const ask = async (n: number): Promise<Content | undefined> => {
        fixture.now += HOUR;
        const target = targets[n] ?? "";
        return fixture.ask(target, recipeOf(target));
      };
      const digests = targets.map((target) => sha256(target.slice(0, 10)));
      for (const n of [0, 1, 0, 2]) assert.equal((await ask(n))?.digest, digests[n]);
      assert.deepEqual(new Set(await repository.made.blobs()), new Set([digests[0], digests[2]]));
      assert.equal(fixture.collections, 1);
      await fixture.stores.collect();
      assert.equal(await blobs.check(digests[1] ?? ""), "missing");
      assert.equal((await ask(1))?.digest, digests[1], "it is made anew");
    }, 29));

  test("of which one alone has no room are not made again and again", () =>
    withMade(async (fixture) => {
      let made = 0;
      const recipe: Recipe = {
        known: async () => undefined,
        make: async () => {
          made += 1;
          return { digest: sha256("large"), size: 30 };
        },
      };
      for (let n = 0; n < 5; n += 1) assert.equal(await fixture.ask("k", recipe), undefined);
      assert.equal(made, 1);
    }, 29));
});
