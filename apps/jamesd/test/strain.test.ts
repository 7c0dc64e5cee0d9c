import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Shedding } from "../src/running/shedding.ts";
import { nextHardness, Strain } from "../src/running/strain.ts";
import { Scene } from "./scene.ts";

const late = fc.nat({ max: 5000 });

test("how hard it is stays within bounds, and grows with how late timers are", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), late, late, (hardness, some, more) => {
      const [low, high] = [Math.min(some, more), Math.max(some, more)].map((ms) =>
        nextHardness(hardness, ms),
      );
      assert.ok((low ?? 0) <= (high ?? 0) && (low ?? 0) >= 0 && (high ?? 0) <= 1);
    }),
  );
});

test("one long piece of work is no strain; one after the other is, until a while after the last", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  const strain = new Strain(() => now);
  const work = (ms: number, times: number) => {
    for (let i = 0; i < times; i++) {
      now += 100 + ms;
      t.mock.timers.tick(100);
    }
    return strain.level;
  };
  assert.equal(work(5000, 1), 0);
  assert.equal(work(0, 10), 0);
  assert.equal(work(190, 50), 0, "all of the time, but without a queue");
  assert.ok(work(250, 8) > 0.5);
  assert.equal(work(250, 5), 1);
  assert.ok(work(0, 5) < 1);
  assert.equal(work(0, 20), 0);
  strain.close();
});

test("a part of those who can come later is turned away, with when to come at random", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), random, (level, chance) => {
      const shedding = new Shedding(
        () => level,
        () => chance,
      );
      const isRefused = () => {
        try {
          shedding.mayRefuse();
          return false;
        } catch (thrown) {
          const { code, retryAfterMs } = thrown as { code: string; retryAfterMs: number };
          assert.equal(code, "SERVER_BUSY");
          assert.ok(retryAfterMs >= 5000 && retryAfterMs < 30_000);
          return true;
        }
      };
      assert.equal(isRefused(), chance < level);
      assert.equal(shedding.count, chance < level ? 1 : 0);
    }),
  );
});

test("what brings something new is taken however hard it is, and who is held is held; who only asks comes later", async () => {
  await using scene = await Scene.open();
  let level = 0;
  scene.shedding = new Shedding(() => level, Math.random);
  await scene.restart();
  await scene.report("d");
  level = 1;
  await assert.rejects(scene.checkIn("d", {}), { code: "SERVER_BUSY" });
  const vpn = [{ name: "vpn", tags: ["v1"], digest: "a".repeat(64) }];
  await scene.report("d", vpn);
  assert.deepEqual(
    (await scene.repository.devices.get("d"))?.state.apps.map(({ name }) => name),
    ["vpn"],
  );
  const held = scene.hold("d", vpn).reply;
  while (scene.fleet.holding.held === 0) await new Promise((resolve) => setImmediate(resolve));
  level = 0;
  await scene.checkIn("d", {}).catch(() => undefined);
  await held;
});
