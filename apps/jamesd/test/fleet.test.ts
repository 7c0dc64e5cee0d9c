// biome-ignore-all lint/style/noExcessiveLinesPerFile: still to be cut where it parts
import assert from "node:assert/strict";
import { test } from "node:test";
import { documentName, type Packet, sha256, stateDigest } from "@jamesd/model";
import { waitFor } from "@jamesd/testkit";
import fc from "fast-check";
import type { ApplyRequest } from "../src/desired/change.ts";
import type { Order } from "../src/device/order.ts";
import { parseFilter } from "../src/http/device-query.ts";
import { allDevices } from "./repository/all-devices.ts";
import { failsWith } from "./repository/repository.contract.ts";
import { atOnce, from, installed, LONG, ORIGIN, rolledBack, Scene, settled, TAGS, V1, V2 } from "./scene.ts";

test("a state that the server does not know is asked for; then there is nothing to do", async () => {
  await using scene = await Scene.open();
  const { reply } = scene.hold("d");
  assert.deepEqual(await reply, { tellState: true });
  assert.equal(await scene.report("d"), undefined);
  const [device] = await scene.fleet.list.page(parseFilter({}));
  assert.deepEqual([device?.id, device?.sync, device?.systemtags], ["d", "unmanaged", TAGS]);
});

test("a changed state is asked for again, an unchanged one is not", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const changed = stateDigest({ systemtags: ["other"], apps: [] });
  const { signal } = new AbortController();
  assert.deepEqual(await scene.fleet.checkIns.answer(from("d"), { digest: changed }, atOnce(signal)), {
    tellState: true,
  });
  const digest = stateDigest({ systemtags: TAGS, apps: [] });
  assert.equal(await scene.fleet.checkIns.answer(from("d"), { digest }, atOnce(signal)), undefined);
});

test("a digest that is not the state's is refused, and nothing of it is believed", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const state = { systemtags: ["root"], apps: [] };
  const { signal } = new AbortController();
  await assert.rejects(
    scene.fleet.checkIns.answer(from("d"), { digest: sha256("?"), state }, atOnce(signal)),
    (thrown) => (thrown as { code?: string }).code === "REQUEST_INVALID",
  );
  assert.deepEqual((await scene.fleet.list.get("d")).systemtags, TAGS);
});

test("a device that never checked in is unknown; a wish that no packet fulfils names the nearest", async () => {
  await using scene = await Scene.open();
  await assert.rejects(scene.fleet.list.get("nobody"), failsWith("DEVICE_UNKNOWN", /"nobody"/));
  await scene.report("d");
  await scene.upload("vpn", ["v1", "x86_64"]);
  const refused = (hint: RegExp) => (thrown: unknown) => {
    assert.match((thrown as { hint?: string }).hint ?? "", hint);
    return failsWith("NO_PACKET_FULFILS", /vpn with tags v1 on d/)(thrown);
  };
  await assert.rejects(
    scene.wish("d", [V1]),
    refused(/^The packets named vpn are for other architectures than the device's: x86_64\.$/),
  );
  await scene.upload("vpn", ["v1", "arm64", "musl"]);
  await scene.upload("vpn", ["v1", "musl", "uclibc"]);
  await assert.rejects(
    scene.wish("d", [V1]),
    refused(/^The nearest is vpn \[musl, uclibc, v1\]; missing in [^:]*: musl, uclibc\.$/),
  );
  assert.equal((await scene.fleet.list.get("d")).desired, null);
  assert.deepEqual(await scene.repository.revisions.list({ limit: 100 }), []);
});

test("packets that own the same path are refused, and nothing has changed", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  await scene.upload("a", [], "etc/x");
  await scene.upload("b", [], "etc/x");
  const both = ["a", "b"].map((name) => ({ name, tags: [] }));
  await assert.rejects(scene.wish("d", both), failsWith("PATH_CONFLICT", /a and b both contain \/etc\/x/));
  assert.equal((await scene.fleet.list.get("d")).desired, null);
  await scene.upload("c", [], "etc/a");
  await scene.upload("d", [], "etc/a");
  const four = [...both, ...["c", "d"].map((name) => ({ name, tags: [] }))];
  await assert.rejects(scene.wish("d", four), failsWith("PATH_CONFLICT", /c and d both contain \/etc\/a/));
});

test("packets that own one place under the two names of a merged /usr are refused, with both and the place", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  await scene.upload("a", [], "bin/x");
  await scene.upload("b", [], "usr/bin/x");
  await scene.upload("c", [], "usr/lib/x");
  const apps = (...names: string[]) => names.map((name) => ({ name, tags: [] }));
  const message = /a and b both contain \/usr\/bin\/x on systems whose \/bin is usr\/bin/;
  await assert.rejects(scene.wish("d", apps("a", "b")), failsWith("PATH_CONFLICT", message));
  await scene.wish("d", apps("a", "c"));
});

test("after a restart who does not wait gets its plan of several apps at once", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  await scene.upload("a", []);
  await scene.upload("b", []);
  const both = ["a", "b"].map((name) => ({ name, tags: [] }));
  await scene.wish("d", both);
  await scene.restart();
  const answer = await scene.report("d");
  assert.equal(answer?.plan?.apps.length, 2);
});

test("an upload that makes packets exclude each other is no plan but a problem, until it is gone", async () => {
  await using scene = await Scene.open();
  const one = await scene.upload("a", ["v1"], "etc/x");
  const two = await scene.upload("b", [], "etc/y");
  const both = [
    { name: "a", tags: ["v1"] },
    { name: "b", tags: ["v1"] },
  ];
  await scene.report("d");
  await scene.wish("d", both);
  const apps = both.map((app, i) => installed(app, i === 0 ? one : two));
  await scene.report("d", apps);
  const { reply } = scene.hold("d", apps);
  const better = await scene.upload("b", ["v1"], "etc/x");
  const { sync, problem } = await waitFor("that it was looked at", async () => {
    const seen = await scene.fleet.list.get("d");
    return seen.problem ? seen : undefined;
  });
  assert.deepEqual([sync, problem?.code], ["unsatisfiable", "PATH_CONFLICT"]);
  assert.equal(await settled(reply), "held");
  await scene.remove(better);
  assert.equal((await scene.fleet.list.get("d")).sync, "in-sync");
  const fine = await scene.upload("b", ["v1", "systemd"], "etc/z");
  assert.equal((await reply)?.plan?.apps[1]?.digest, fine.digest);
});

test("a held check-in goes on its way with the plan when a desired state is set", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const { reply } = scene.hold("d");
  assert.equal(await settled(reply), "held");
  const change = await scene.wish("d", [V1]);
  const answer = await reply;
  const { seal, ...plan } = answer?.plan ?? {};
  assert.match(seal ?? "", /^5\.[0-9a-f]{32}$/);
  assert.deepEqual(plan, {
    target: change.target,
    revision: change.revision,
    steps: change.steps,
    apps: [installed(V1, packet)],
    policy: {},
    windows: [],
  });
  assert.deepEqual(change.steps, [{ kind: "unpack", app: "vpn", packet: packet.digest }]);
});

test("law: after any changes a device should have what a new start of the server finds for it", async () => {
  await using scene = await Scene.open();
  const ids = ["d0", "d1", "d2"];
  const tags = fc.subarray(["arm", "pi"]);
  const apps = fc.subarray(["vpn", "web"].map((name) => ({ name, tags: ["v1"] })));
  const change = fc.oneof(
    fc.record({ kind: fc.constant("device" as const), id: fc.constantFrom(...ids), apps }),
    fc.record({ kind: fc.constant("spec" as const), id: fc.constantFrom("a", "b"), selector: tags, apps }),
  );
  const step = fc.oneof(
    fc.record({ changes: fc.uniqueArray(change, { selector: documentName, minLength: 1, maxLength: 3 }) }),
    fc.record({ remove: change }),
    fc.record({ reports: fc.constantFrom(...ids), tags }),
    fc.record({ forget: fc.constantFrom(...ids) }),
    fc.record({ packet: fc.constantFrom("vpn", "web"), tags }),
  );
  const uploaded = new Map<string, Packet>();
  const takeOrBring = async (name: string, tags: readonly string[]): Promise<void> => {
    const key = `${name} ${tags}`;
    const there = uploaded.get(key);
    if (there) await scene.remove(there);
    if (there) uploaded.delete(key);
    else uploaded.set(key, await scene.upload(name, tags));
  };
  const take = async (one: typeof step extends fc.Arbitrary<infer S> ? S : never): Promise<unknown> => {
    if ("reports" in one) return scene.report(one.reports, [], undefined, one.tags);
    if ("packet" in one) return takeOrBring(one.packet, ["v1", ...one.tags]);
    if ("forget" in one) return scene.desired.removeDevice(one.forget, true, ORIGIN);
    const base = { remove: [], documents: [], prune: false, dryRun: false, message: "" };
    if ("remove" in one) return scene.desired.apply({ ...base, remove: [one.remove] }, ORIGIN);
    const documents = one.changes.map((document) => ({ ...document, policy: {} }));
    return scene.desired.apply({ ...base, documents }, ORIGIN);
  };
  const found = async () =>
    Promise.all(
      (await scene.fleet.list.page(parseFilter({}))).map(async ({ id }) => {
        const { desired, effective, specs, target, revision, problem } = await scene.fleet.list.get(id);
        return { id, desired, effective, specs, target, revision, problem };
      }),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      for (const one of steps)
        await take(one).catch((thrown: { code?: string }) => {
          if (!/_UNKNOWN$|^NO_PACKET_FULFILS$/.test(thrown.code ?? "")) throw thrown;
        });
      const before = await found();
      await scene.restart();
      assert.deepEqual(await found(), before);
    }),
    { numRuns: 40 },
  );
});

test("the number of what a device should have never falls, whatever goes", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const spec = (id: string, selector: readonly string[], apps = [V1]) => ({
    ...{ kind: "spec" as const, id, selector: [...selector], policy: {} },
    apps: apps.map(({ name, tags }) => ({ name, tags: [...tags] })),
  });
  const base = { documents: [], remove: [], prune: false, dryRun: false, message: "" };
  const apply = async (change: Partial<ApplyRequest>, revision: number | null, what: string) => {
    await scene.desired.apply({ ...base, ...change }, ORIGIN);
    assert.equal((await scene.fleet.list.get("d")).revision, revision, what);
    await scene.restart();
    assert.equal((await scene.fleet.list.get("d")).revision, revision, `${what}, started anew`);
  };
  await apply({ documents: [spec("other", ["mips"])] }, null, "not about it");
  await scene.wish("d", []);
  await apply({ documents: [spec("a", ["systemd"])] }, 3, "a spec that chooses it");
  await apply({ documents: [spec("other", ["mips"], [])] }, 3, "not about it");
  await apply({ documents: [spec("a", ["mips"])] }, 5, "a spec that no longer chooses it");
  await apply({ documents: [spec("a", ["armv7l"])] }, 6, "one that chooses it again");
  await apply({ remove: [{ kind: "spec", id: "a" }] }, 7, "a spec that went");
  await apply({ documents: [spec("a", ["armv7l"])] }, 8, "a spec of the same name");
  await apply({ remove: [{ kind: "device", id: "d" }] }, 9, "its own desired state went");
  assert.deepEqual((await scene.fleet.list.get("d")).specs, ["a"]);
});

test("the number of what a device should have does not fall when it gets other tags", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  await scene.wish("d", [V1]);
  const spec = { kind: "spec" as const, id: "a", selector: ["systemd"], apps: [], policy: {} };
  const rest = { remove: [], prune: false, dryRun: false, message: "" };
  await scene.desired.apply({ documents: [spec], ...rest }, ORIGIN);
  await scene.report("d");
  for (const tags of [["mips"], ["arm"]]) {
    await scene.report("d", [], undefined, tags);
    assert.equal((await scene.fleet.list.get("d")).revision, 2);
  }
  await scene.restart();
  assert.equal((await scene.fleet.list.get("d")).revision, 2);
});

test("a desired state that was so already has the number of all that counts for the device", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  assert.equal((await scene.wish("d", [V1])).revision, 1);
  const spec = { kind: "spec" as const, id: "a", selector: [], apps: [], policy: {} };
  await scene.desired.apply(
    { documents: [spec], remove: [], prune: false, dryRun: false, message: "" },
    ORIGIN,
  );
  const again = await scene.wish("d", [V1]);
  assert.deepEqual([again.changed, again.revision], [false, 2]);
  assert.equal((await scene.fleet.list.get("d")).revision, 2);
});

test("another policy is another desired state, and travels with the plan", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  await scene.wish("d", [V1]);
  const policy = { confirm: { connectivity: 60 } };
  assert.equal((await scene.wish("d", [V1], undefined, policy)).changed, true);
  assert.equal((await scene.wish("d", [V1], undefined, policy)).changed, false);
  await scene.restart();
  assert.deepEqual((await scene.hold("d").reply)?.plan?.policy, policy);
  assert.deepEqual((await scene.fleet.list.get("d")).desired?.policy, policy);
  assert.deepEqual((await scene.fleet.list.get("d")).effective?.policy, policy);
});

test("retry sends the plan that the device defers, until it reports again; the wish survives a restart", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const { target } = await scene.wish("d", [V1]);
  await assert.rejects(scene.fleet.commands.retry("d", ORIGIN), { code: "RETRY_NOT_NEEDED" });
  await scene.report("d", [], rolledBack(target));
  const { reply } = scene.hold("d", [], target);
  assert.equal(await settled(reply), "held");
  assert.deepEqual(await scene.fleet.commands.retry("d", ORIGIN), { revision: 1, transaction: "t1" });
  assert.equal((await reply)?.plan?.retry, "t1");
  await scene.restart();
  assert.equal((await scene.hold("d", [], target).reply)?.plan?.retry, "t1");
  await scene.report("d", [], { ...rolledBack(target), id: "t2" });
  assert.equal(await settled(scene.hold("d", [], target).reply), "held");
});

test("a retry outlives the report that it is about, sent once more; a device that has one is on its way", async () => {
  await using scene = await Scene.open();
  const { target } = await scene.failed();
  const deferring = scene.hold("d", [], target);
  assert.equal(await settled(deferring.reply), "held");
  assert.equal((await scene.fleet.list.get("d")).sync, "failed");
  await scene.fleet.commands.retry("d", ORIGIN);
  assert.equal((await scene.fleet.list.get("d")).sync, "pending");
  // The answer to its report was lost, or it started anew: it does not know of the wish yet.
  assert.equal((await scene.report("d", [], { ...rolledBack(target), durationMs: 8 }))?.plan?.retry, "t1");
});

test("a retry that left the device stuck has ended, and the same transaction that was undone at last replaces it", async () => {
  await using scene = await Scene.open();
  const stuck = await scene.failed("stuck");
  const { target } = stuck;
  await scene.fleet.commands.retry("d", ORIGIN);
  assert.equal((await scene.hold("d", [], target).reply)?.plan?.retry, "t1");
  await scene.report("d", [], stuck);
  const { reply } = scene.hold("d", [], target);
  assert.equal(await settled(reply), "held");
  assert.equal((await scene.fleet.list.get("d")).sync, "failed");
  await scene.report("d", [], rolledBack(target));
  assert.equal((await scene.fleet.list.get("d")).transaction?.outcome, "rolled-back");
});

test("a retry that lets a stuck device undo at last has ended", async () => {
  await using scene = await Scene.open();
  const { target } = await scene.failed("stuck");
  await scene.fleet.commands.retry("d", ORIGIN);
  assert.equal((await scene.hold("d", [], target).reply)?.plan?.retry, "t1");
  const next = await scene.report("d", [], rolledBack(target));
  assert.equal(next?.plan?.retry, undefined, "it is not told again to try");
  assert.equal(await settled(scene.hold("d", [], target).reply), "held");
  assert.equal((await scene.fleet.list.get("d")).sync, "failed");
});

test("a stuck device that starts anew before it hears of the retry still hears of it", async () => {
  await using scene = await Scene.open();
  const stuck = await scene.failed("stuck");
  const { target } = stuck;
  await scene.fleet.commands.retry("d", ORIGIN);
  await scene.restart();
  assert.equal((await scene.report("d", [], { ...stuck, durationMs: 9 }))?.plan?.retry, "t1");
  assert.equal((await scene.fleet.list.get("d")).sync, "pending");
  const again = { digest: stateDigest({ systemtags: TAGS, apps: [] }), transaction: stuck, deferred: target };
  assert.equal(await scene.fleet.checkIns.answer(from("d"), again, atOnce()), undefined);
  assert.equal((await scene.fleet.list.get("d")).sync, "failed");
  await scene.fleet.commands.retry("d", ORIGIN);
  assert.equal((await scene.report("d", [], stuck))?.plan?.retry, "t1", "each wish counts for itself");
});

test("a retry and a report that meet are both kept", async () => {
  await using scene = await Scene.open();
  const { target } = await scene.failed();
  const apps = [installed({ name: "other", tags: [] }, await scene.upload("other", []))];
  await Promise.all([scene.fleet.commands.retry("d", ORIGIN), scene.report("d", apps)]);
  await scene.restart();
  assert.equal((await scene.hold("d", apps, target).reply)?.plan?.retry, "t1");
  const late = { ...rolledBack(target), id: "t2" };
  await Promise.all([scene.report("d", apps, late), scene.fleet.commands.retry("d", ORIGIN)]);
  await scene.restart();
  assert.equal((await scene.fleet.list.get("d")).transaction?.id, "t2");
});

test("a retry of a device that is being forgotten is refused, and does not bring it back", async () => {
  await using scene = await Scene.open();
  await scene.failed();
  const removing = scene.fleet.commands.remove("d", { ...ORIGIN, message: "" });
  await assert.rejects(scene.fleet.commands.retry("d", ORIGIN), failsWith("DEVICE_UNKNOWN", /"d"/));
  await removing;
  assert.deepEqual(await allDevices(scene.repository), []);
});

test("nothing is tried again that the device should not have any more, or has", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  const had = [installed({ name: "old", tags: [] }, await scene.upload("old", []))];
  await scene.report("d", had);
  const { target } = await scene.wish("d", [V1]);
  await scene.report("d", had, rolledBack(target));
  await scene.fleet.commands.retry("d", ORIGIN);
  await scene.wish("d", [{ name: "old", tags: [] }]);
  const { reply } = scene.hold("d", had);
  assert.equal(await settled(reply), "held");
  assert.equal((await scene.fleet.list.get("d")).sync, "in-sync");
  await assert.rejects(
    scene.fleet.commands.retry("d", ORIGIN),
    failsWith("RETRY_NOT_NEEDED", /d has no failed transaction/),
  );
});

test("a newer revision with the same packets is tried at once, though the device defers them", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const { target, revision } = await scene.wish("d", [V1]);
  await scene.report("d", [], { ...rolledBack(target), revision });
  const { reply } = scene.hold("d", [], target);
  assert.equal(await settled(reply), "held");
  const next = await scene.wish("d", [V1], undefined, { unowned: "adopt" });
  assert.deepEqual([next.changed, next.target], [true, target]);
  assert.equal((await reply)?.plan?.revision, next.revision);
  await scene.report("d", [], { ...rolledBack(target), id: "t2", revision: next.revision });
  assert.equal(await settled(scene.hold("d", [], target).reply), "held");
});

test("a device that is stuck is not in sync, whatever it has, and hears of a retry", async () => {
  await using scene = await Scene.open();
  const apps = [installed(V1, await scene.upload("vpn", ["v1"]))];
  await scene.report("d");
  const { target } = await scene.wish("d", [V1]);
  await scene.report("d", apps);
  assert.equal((await scene.fleet.list.get("d")).sync, "in-sync");
  await scene.report("d", apps, { ...rolledBack("0".repeat(64)), outcome: "stuck" });
  assert.equal((await scene.fleet.list.get("d")).sync, "failed");
  await scene.fleet.commands.retry("d", ORIGIN);
  assert.equal((await scene.hold("d", apps, target).reply)?.plan?.retry, "t1");
});

test("a device that is stuck is not on its way, though a plan is sent to it at each check-in", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const { target } = await scene.wish("d", [V1]);
  // What kept it from looking at its journal is about no target, and so is what it defers.
  const stuck = { ...rolledBack("0".repeat(64)), outcome: "stuck" } as const;
  for (const transaction of [stuck, undefined]) {
    const reply = await scene.report("d", [], transaction);
    assert.equal(reply?.plan?.target, target);
    assert.equal((await scene.fleet.list.get("d")).sync, "failed");
  }
});

test("the same desired state again wakes nobody and makes no revision", async () => {
  await using scene = await Scene.open();
  const apps = [installed(V1, await scene.upload("vpn", ["v1"]))];
  await scene.report("d");
  const first = await scene.wish("d", [V1]);
  await scene.report("d", apps);
  const { reply } = scene.hold("d", apps);
  const again = await scene.wish("d", [V1]);
  assert.deepEqual([again.changed, again.revision, again.steps], [false, first.revision, []]);
  assert.equal(await settled(reply), "held");
});

test("a better packet of the same name wakes a held check-in; a worse one and one of another name do not", async () => {
  await using scene = await Scene.open();
  const apps = [installed(V1, await scene.upload("vpn", ["v1", "systemd"]))];
  await scene.bring("d", apps);
  await scene.wish("d", [V1]);
  const { reply } = scene.hold("d", apps);
  await scene.upload("vpn", ["v1"]);
  await scene.upload("vpn", ["v1", "x86_64", "systemd"]);
  await scene.upload("other", TAGS);
  assert.equal(await settled(reply), "held");
  const better = await scene.upload("vpn", ["v1", ...TAGS]);
  assert.deepEqual((await reply)?.plan?.apps, [installed(V1, better)]);
});

test("close lets a held check-in go, and says that it may come back; none is held afterwards", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const held = assert.rejects(scene.hold("d").reply, { code: "SERVER_STOPPING" });
  await scene.fleet.close();
  await held;
  await assert.rejects(scene.hold("d").reply, { code: "SERVER_STOPPING" });
});

test("a held check-in that is woken for nothing is held on, and answered when there is something", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const { reply } = scene.hold("d");
  // A desired state of nothing, for a device that has nothing.
  await scene.wish("d", []);
  assert.equal(await settled(reply), "held");
  await scene.wish("d", [{ name: "vpn", tags: ["v1"] }]);
  assert.ok((await reply)?.plan);
});

test("a device that was sent a plan is not in sync before it is heard of again, whatever is wished meanwhile", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  await scene.wish("d", []);
  assert.equal((await scene.fleet.list.get("d")).sync, "in-sync");
  await scene.wish("d", [{ name: "vpn", tags: ["v1"] }]);
  assert.ok((await scene.hold("d").reply)?.plan);
  await scene.wish("d", []);
  assert.equal((await scene.fleet.list.get("d")).sync, "pending", "it may be in the middle of installing");
  await scene.report("d");
  assert.equal((await scene.fleet.list.get("d")).sync, "in-sync");
});

test("a newer connection replaces the held one, also while the older one's report is written", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const older = scene.hold("d");
  const newer = scene.hold("d");
  assert.equal(await older.reply, undefined);
  assert.equal(await settled(newer.reply), "held");

  const state = { systemtags: TAGS, apps: [] };
  const slow = scene.fleet.checkIns.answer(
    from("d"),
    { digest: stateDigest(state), state },
    { ...atOnce(), waitMs: LONG },
  );
  const newest = scene.hold("d");
  assert.equal(await slow, undefined, "overtaken while it was written");
  assert.equal(await newer.reply, undefined);
  assert.equal(await settled(newest.reply), "held");
  await scene.wish("d", [V1]);
  assert.ok((await newest.reply)?.plan, "the newest one is the one that is woken");
});

test("a connection that is cut is seen at once; the next check-in makes up for it", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const { reply, gone } = scene.hold("d");
  assert.equal((await scene.fleet.list.get("d")).connected, true);
  gone.abort();
  assert.equal(await reply, undefined);
  assert.equal((await scene.fleet.list.get("d")).connected, false);
  const again = scene.hold("d");
  assert.equal((await scene.fleet.list.get("d")).connected, true);
  assert.equal(await settled(again.reply), "held");
});

test("a connection that is cut while its report is written is not held", async () => {
  await using scene = await Scene.open();
  const state = { systemtags: TAGS, apps: [] };
  const gone = new AbortController();
  const reply = scene.fleet.checkIns.answer(
    from("d"),
    { digest: stateDigest(state), state },
    { ...atOnce(gone.signal), waitMs: LONG },
  );
  gone.abort();
  assert.equal(await reply, undefined);
  assert.equal((await scene.fleet.list.get("d")).connected, false);
});

test("the cut of an older connection says nothing of the newer one", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const older = scene.hold("d");
  const newer = scene.hold("d");
  older.gone.abort();
  await older.reply;
  assert.equal((await scene.fleet.list.get("d")).connected, true);
  assert.equal(await settled(newer.reply), "held");
});

test("a device that polls counts as connected until it has been silent for long", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  assert.equal((await scene.fleet.list.get("d")).connected, true);
  scene.now += 24 * LONG;
  assert.equal((await scene.fleet.list.get("d")).connected, false);
});

test("a deferred target is not sent again; a new target is, and the old one when it is no longer deferred", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  const second = await scene.upload("vpn", ["v2"]);
  await scene.report("d");
  const { target } = await scene.wish("d", [V1]);
  const { reply } = scene.hold("d", [], target);
  assert.equal(await settled(reply), "held");
  await scene.wish("d", [V2]);
  assert.deepEqual((await reply)?.plan?.apps, [installed(V2, second)]);
  await scene.wish("d", [V1]);
  assert.equal((await scene.hold("d").reply)?.plan?.target, target);
});

test("a packet removed by force makes its wish unsatisfiable, says why, and sends nothing", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  await scene.wish("d", [V1]);
  assert.deepEqual(await needing(scene, packet.digest), ["d"]);
  await scene.remove(packet);
  const device = await scene.fleet.list.get("d");
  assert.deepEqual([device.sync, device.target], ["unsatisfiable", null]);
  assert.equal(device.problem?.code, "NO_PACKET_FULFILS");
  const { reply } = scene.hold("d");
  assert.equal(await settled(reply), "held");
  await scene.upload("vpn", ["v1", "systemd"]);
  assert.ok((await reply)?.plan, "woken when there is one again");
  assert.equal((await scene.fleet.list.get("d")).sync, "pending");
});

test("a packet that is installed and no longer wanted is still needed; its removal plans every script", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("vpn", ["v1"]);
  await scene.bring("d", [installed(V1, packet)]);
  await scene.wish("d", []);
  assert.deepEqual(await needing(scene, packet.digest), ["d"]);
  const steps = async () => (await scene.hold("d", [installed(V1, packet)]).reply)?.plan?.steps.length;
  assert.equal(await steps(), 2, "prerm and delete: what the packet has");
  await scene.remove(packet);
  assert.equal(await steps(), 3, "nobody knows any more: postrm as well");
});

test("a packet that a device is just installing is needed until it says how that ended, though it is no longer wanted", async () => {
  await using scene = await Scene.open();
  const [first, second] = [await scene.upload("vpn", ["v1"]), await scene.upload("vpn", ["v2"])];
  await scene.report("d");
  await scene.wish("d", [V1]);
  assert.ok((await scene.hold("d").reply)?.plan);
  await scene.wish("d", [V2]);
  for (const { digest } of [first, second]) assert.deepEqual(await needing(scene, digest), ["d"]);
  await scene.report("d");
  assert.deepEqual(await needing(scene, first.digest), []);
});

test("of two desired states at once both become revisions, and the device gets the newer", async () => {
  await using scene = await Scene.open();
  const [first, second] = [await scene.upload("vpn", ["v1"]), await scene.upload("vpn", ["v2"])];
  await scene.report("d");
  const changes = await Promise.all([scene.wish("d", [V1]), scene.wish("d", [V2])]);
  const revisions = changes.map(({ revision }) => revision);
  assert.equal(new Set(revisions).size, 2);
  const last = Math.max(...revisions) === revisions[0] ? installed(V1, first) : installed(V2, second);
  const plan = (await scene.hold("d").reply)?.plan;
  assert.deepEqual([plan?.apps, plan?.revision], [[last], Math.max(...revisions)]);
  assert.equal((await scene.fleet.list.get("d")).revision, Math.max(...revisions));
});

test("of two desired states that follow the same revision one is refused", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.upload("vpn", ["v2"]);
  await scene.report("d");
  const both = await Promise.allSettled([scene.wish("d", [V1], 0), scene.wish("d", [V2], 0)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const refused = both.find(({ status }) => status === "rejected") as PromiseRejectedResult;
  assert.equal(refused.reason.code, "REVISION_CONFLICT");
});

test("a report of what was done is kept: failed for this target, and no longer for the next", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.upload("vpn", ["v2"]);
  await scene.report("d");
  const { target } = await scene.wish("d", [V1]);
  await scene.report("d", [], rolledBack(target));
  await scene.restart();
  const failed = await scene.fleet.list.get("d");
  assert.deepEqual([failed.sync, failed.transaction], ["failed", rolledBack(target)]);
  assert.match(failed.problem?.message ?? "", /ended with 7/);
  await scene.report("d");
  assert.deepEqual(
    (await scene.fleet.list.get("d")).transaction,
    rolledBack(target),
    "a report without one forgets none",
  );
  await scene.wish("d", [V2]);
  assert.equal((await scene.fleet.list.get("d")).sync, "pending");
  assert.equal((await scene.fleet.list.get("d")).problem, null);
});

test("a report of what was done without a state stands for the state that the server knows", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const digest = stateDigest({ systemtags: TAGS, apps: [] });
  const checkin = { digest, transaction: rolledBack(sha256("t")) };
  assert.equal(await scene.fleet.checkIns.answer(from("d"), checkin, atOnce()), undefined);
  assert.equal((await scene.fleet.list.get("d")).transaction?.id, "t1");
  assert.equal((await scene.fleet.list.get("d")).agent, "jamesc 1");
  assert.deepEqual((await scene.fleet.list.get("d")).features, ["a"]);
  const unknown = await scene.fleet.checkIns.answer(from("new"), checkin, atOnce());
  assert.deepEqual(unknown, { tellState: true }, "from an unknown device it has to come again");
});

test("an agent that names no features has none, though it had some in a version before", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const state = { systemtags: TAGS, apps: [] };
  const checkin = { digest: stateDigest(state), state, agent: "jamesc 0" };
  await scene.fleet.checkIns.answer(from("d"), checkin, atOnce());
  assert.deepEqual((await scene.fleet.list.get("d")).features, []);
});

test("other system tags are other packets", async () => {
  await using scene = await Scene.open();
  const arm = await scene.upload("vpn", ["armv7l"]);
  const intel = await scene.upload("vpn", ["x86_64"]);
  await scene.report("d");
  await scene.wish("d", [{ name: "vpn", tags: [] }]);
  const packetOf = (reply: Order | undefined) => reply?.plan?.apps[0]?.digest;
  assert.equal(packetOf(await scene.hold("d").reply), arm.digest);
  assert.equal(packetOf(await scene.report("d", [], undefined, ["x86_64"])), intel.digest);
});

test("after a restart everything is answered as before", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("vpn", ["v1"]);
  await scene.upload("web", []);
  await scene.bring("b", [installed(V1, packet)]);
  await scene.report("a");
  await scene.wish("b", [V1]);
  await scene.wish("a", [{ name: "web", tags: [] }, V1]);
  const all = async () => ({
    list: (await scene.fleet.list.page(parseFilter({}))).map(({ connected: _, ...device }) => device),
    devices: await Promise.all(
      ["a", "b"].map(async (id) => ({ ...(await scene.fleet.list.get(id)), connected: false })),
    ),
    needing: await needing(scene, packet.digest),
  });
  const before = await all();
  const plan = await scene.hold("a").reply;
  assert.ok(plan?.plan);
  await scene.restart();
  assert.deepEqual(await all(), before);
  assert.deepEqual(
    before.list.map(({ id }) => id),
    ["a", "b"],
  );
  assert.ok(
    (await scene.fleet.list.page(parseFilter({}))).every(({ connected }) => !connected),
    "nobody is connected yet",
  );
  assert.deepEqual(await scene.hold("a").reply, plan, "and no state has to be sent again");
  assert.equal(await settled(scene.hold("b", [installed(V1, packet)]).reply), "held");
});

test("when a device was last seen is kept by close", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  scene.now += 1234;
  const held = assert.rejects(scene.hold("d").reply, { code: "SERVER_STOPPING" });
  await scene.restart();
  await held;
  assert.equal((await scene.fleet.list.get("d")).lastSeen, scene.now);
});

async function needing(scene: Scene, digest: string): Promise<readonly string[]> {
  using found = await scene.fleet.needs.needing(digest);
  return found.ids;
}
