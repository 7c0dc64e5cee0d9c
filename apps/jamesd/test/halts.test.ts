import assert from "node:assert/strict";
import { test } from "node:test";
import { type App, type InstalledApp, sha256, stateDigest } from "@jamesd/model";
import { Adoption } from "../src/desired/adopt.ts";
import { Changes, type Proposal } from "../src/desired/changes.ts";
import type { Followed, Report, Transaction } from "../src/device/report.ts";
import { Seals } from "../src/fleet/seals.ts";
import { Turns } from "../src/running/turns.ts";
import { atOnce, from, installed, ORIGIN, rolledBack, Scene, TAGS, V1, V2 } from "./scene.ts";

const WEB: App = { name: "web", tags: [] };

/** A fleet with the packets vpn, in two versions, and web. */
async function open() {
  const scene = await Scene.open();
  const [first, second] = [await scene.upload("vpn", ["v1"]), await scene.upload("vpn", ["v2"])];
  const web = await scene.upload("web", []);
  return { scene, v1: installed(V1, first), v2: installed(V2, second), web: installed(WEB, web) };
}

/** Reports in full, as an agent that says this of what it followed; undefined: an earlier one, that says nothing. */
function report(
  scene: Scene,
  apps: readonly InstalledApp[],
  followed?: Followed,
  transaction?: Transaction,
  id = "d",
) {
  const state = { systemtags: TAGS, apps: apps.map((app) => ({ ...app, tags: [...app.tags] })) };
  const checkin: Report = {
    digest: stateDigest(state),
    state,
    ...(followed && { followed }),
    ...(transaction && { transaction }),
  };
  return scene.fleet.checkIns.answer(from(id), checkin, atOnce());
}

function applySpec(scene: Scene, selector: readonly string[], apps: readonly App[]) {
  const document = {
    ...{ kind: "spec" as const, id: "all", selector: [...selector], policy: {} },
    apps: apps.map(({ name, tags }) => ({ name, tags: [...tags] })),
  };
  const rest = { remove: [], prune: false, dryRun: false, message: "" };
  return scene.desired.apply({ documents: [document], ...rest }, ORIGIN);
}

/** A revision with its seal, as one that the server made and lost. */
async function lost(scene: Scene, revision: number): Promise<Followed> {
  const seals = new Seals(await scene.repository.revisions.historyKey());
  return { revision, seal: seals.of({ number: revision, time: 77 }) };
}

const committed = (target: string, revision: number): Transaction => {
  const { error: _, ...transaction } = rolledBack(target);
  return { ...transaction, outcome: "committed", revision };
};

async function reasonOf(scene: Scene, id = "d") {
  const { sync, problem } = await scene.fleet.list.get(id);
  return [sync, problem?.code];
}

const HALTED = ["halted", "HISTORY_UNKNOWN"];
const ADOPT = { keep: "device" as const, dryRun: false, message: "" };

test("a seal that this server did not make moves no number, whatever it says", async () => {
  const { scene, v1 } = await open();
  await using _ = scene;
  const other = new Seals(Buffer.alloc(32));
  const foreign = { revision: 9, seal: other.of({ number: 9, time: 1 }) };
  const { seal } = await lost(scene, 9);
  const forged: readonly Followed[] = [
    foreign,
    { revision: 8, seal: seal ?? "" },
    { revision: 9, seal: `78${seal?.slice(2)}` },
    { revision: 9, seal: "" },
    { revision: 2 ** 53 - 1, seal: "x" },
  ];
  for (const followed of forged) {
    assert.equal(await report(scene, [v1], followed), undefined);
    assert.deepEqual(await reasonOf(scene), HALTED);
  }
  await scene.report("e");
  assert.equal((await scene.wish("e", [])).revision, 1);
});

test("what a device followed and the server lost halts it, and its number is not given again; also after a new start", async () => {
  const { scene, v1 } = await open();
  await using _ = scene;
  await report(scene, [], { revision: 0 });
  await scene.wish("d", [V1]);
  // Also of a device that has nothing: what is wanted here may be what was taken from it.
  assert.equal(await report(scene, [], await lost(scene, 5)), undefined);
  assert.deepEqual(await reasonOf(scene), HALTED);
  await scene.restart();
  assert.deepEqual(await reasonOf(scene), HALTED);
  assert.equal(await report(scene, [v1], await lost(scene, 5)), undefined);
  assert.equal((await scene.wish("d", [V2])).revision, 6);
  assert.deepEqual(await reasonOf(scene), HALTED, "a wish is no decision for what it knew nothing of");
  const halts = (
    await scene.repository.events.page({ kinds: ["device-halted"], limit: 9, isLast: false })
  ).map((event) => event.kind === "device-halted" && [event.reason, event.revision, event.newest]);
  assert.deepEqual(halts, [["ahead", 5, 1]]);
});

test("a number that was given again since is another revision", async () => {
  const { scene, v1 } = await open();
  await using _ = scene;
  await report(scene, [v1], { revision: 0 });
  await scene.wish("d", [V1]);
  await scene.wish("d", [V2]);
  await report(scene, [v1], await lost(scene, 1));
  assert.deepEqual(await reasonOf(scene), HALTED);
  const revision = await scene.repository.revisions.get(1);
  assert.ok(revision);
  const seals = new Seals(await scene.repository.revisions.historyKey());
  const next = await report(scene, [v1], { revision: 1, seal: seals.of(revision) });
  assert.equal(next?.plan?.revision, 2, "the one of this history is known");
  assert.equal(seals.timeOf({ revision: 2, ...(next?.plan?.seal && { seal: next.plan.seal }) }), ORIGIN.time);
});

test("an agent that cannot say what it followed is halted with apps that nothing explains, until somebody says what it should have", async () => {
  const { scene, v1, v2 } = await open();
  await using _ = scene;
  await applySpec(scene, [], []);
  assert.equal(await report(scene, [v1]), undefined);
  assert.deepEqual(await reasonOf(scene), HALTED);
  await report(scene, [v1]);
  await applySpec(scene, [], [WEB]);
  assert.deepEqual(await reasonOf(scene), HALTED, "a spec was not made for it");
  const { steps, problem } = await scene.wish("d", [V2]);
  assert.deepEqual([steps.length, problem], [4, null]);
  const { plan } = (await report(scene, [v1])) ?? {};
  assert.equal(plan?.apps.length, 2);
  assert.ok(plan);
  await report(scene, plan.apps, undefined, committed(plan.target, plan.revision));
  assert.deepEqual(await reasonOf(scene), ["in-sync", undefined]);
  // An older backup knows neither the transaction nor these apps.
  await scene.wish("d", [V1]);
  assert.equal(await report(scene, [{ ...v2, digest: sha256("later") }]), undefined);
  assert.deepEqual(await reasonOf(scene), HALTED);
});

test("a device that comes with just what is wanted for it, as from a stick, goes on", async () => {
  const { scene, v1, web } = await open();
  await using _ = scene;
  await scene.wish("d", [V1]);
  await applySpec(scene, TAGS, [WEB]);
  const stick = { revision: 0 };
  for (const [id, apps] of [
    ["d", [web, v1]],
    ["e", [web]],
  ] as const) {
    assert.equal(await report(scene, apps, stick, committed("stick", 0), id), undefined);
    assert.deepEqual(await reasonOf(scene, id), ["in-sync", undefined]);
  }
  await report(scene, [v1], stick, undefined, "f");
  assert.deepEqual(await reasonOf(scene, "f"), HALTED, "this is not what is wanted for it");
  await applySpec(scene, TAGS, []);
  const { plan } = (await report(scene, [web], stick, undefined, "e")) ?? {};
  assert.deepEqual(plan?.apps, []);
});

test("an agent that cannot say what it followed goes on with what a server did that knows it", async () => {
  const { scene, v1, v2, web } = await open();
  await using _ = scene;
  await report(scene, []);
  const { target } = await scene.wish("d", [V1]);
  await report(scene, [v1], undefined, committed(target, 1));
  assert.deepEqual(await reasonOf(scene), ["in-sync", undefined]);
  // Brought up to date, it says a number, and still no seal.
  assert.equal(await report(scene, [v1], { revision: 1 }), undefined);
  assert.deepEqual(await reasonOf(scene), ["in-sync", undefined]);
  // Sent, and no longer wanted when it is reported.
  await scene.wish("d", [V2]);
  assert.ok((await report(scene, [v1]))?.plan);
  await scene.wish("d", [WEB]);
  assert.ok((await report(scene, [v2]))?.plan);
  await report(scene, [web]);
  assert.deepEqual(await reasonOf(scene), ["in-sync", undefined]);
  await report(scene, [web], { revision: 4 });
  assert.deepEqual(await reasonOf(scene), HALTED, "it has followed more than there is");
});

test("adopting takes what a device has, but leaves to specs what they want for it anyway", async () => {
  const { scene, v1, web } = await open();
  await using _ = scene;
  await applySpec(scene, [], [WEB]);
  await report(scene, [web, v1], await lost(scene, 5), undefined, "both");
  await report(scene, [web], await lost(scene, 7), undefined, "web");
  assert.equal((await scene.adoption.adopt({ ...ADOPT, dryRun: true }, ORIGIN)).revision, 1);
  assert.deepEqual(await reasonOf(scene, "both"), HALTED);
  const adopted = await scene.adoption.adopt(ADOPT, ORIGIN);
  assert.deepEqual(
    [adopted.revision, adopted.devices, adopted.ids, adopted.refused],
    [8, 2, ["both", "web"], []],
  );
  assert.deepEqual(await scene.documents("both"), [V1]);
  assert.equal(await scene.documents("web"), undefined);
  for (const id of ["both", "web"]) {
    assert.deepEqual(await reasonOf(scene, id), ["in-sync", undefined]);
    assert.equal((await scene.fleet.list.get(id)).revision, 8);
  }
  await scene.restart();
  await report(scene, [web], await lost(scene, 7), undefined, "web");
  assert.deepEqual(await reasonOf(scene, "web"), ["in-sync", undefined], "the decision is kept");
  await report(scene, [web], await lost(scene, 9), undefined, "web");
  assert.deepEqual(await reasonOf(scene, "web"), HALTED, "it was for what the device said then");
  const remove = [{ kind: "device" as const, id: "both" }];
  await scene.desired.apply({ documents: [], remove, prune: false, dryRun: false, message: "" }, ORIGIN);
  const { plan } = (await report(scene, [web, v1], await lost(scene, 5), undefined, "both")) ?? {};
  assert.deepEqual(plan?.apps, [web], "what was adopted goes when it is no longer wanted");
});

test("what cannot be given stays halted, and holds up no other device", async () => {
  const { scene, v1 } = await open();
  await using _ = scene;
  const gone = { name: "gone", tags: [], digest: sha256("gone") };
  await report(scene, [v1], await lost(scene, 3), undefined, "a");
  await report(scene, [gone, v1], await lost(scene, 3), undefined, "b");
  const { devices, refused } = await scene.adoption.adopt(ADOPT, ORIGIN);
  assert.equal(devices, 1);
  assert.deepEqual(
    refused.map(({ id, problem }) => [id, problem.code]),
    [["b", "NO_PACKET_FULFILS"]],
  );
  assert.deepEqual(
    [await reasonOf(scene, "a"), await reasonOf(scene, "b")],
    [["in-sync", undefined], HALTED],
  );
  await scene.adoption.adopt({ ...ADOPT, ids: ["b"], keep: "server" }, ORIGIN);
  assert.deepEqual(
    await reasonOf(scene, "b"),
    ["unmanaged", undefined],
    "nobody wants anything for it: it is left alone",
  );
});

test("what an adoption was judged by is what counts afterwards", async () => {
  const { scene, v1 } = await open();
  await using _ = scene;
  await report(scene, [v1], await lost(scene, 3), undefined, "a");
  const gone = { name: "gone", tags: [], digest: sha256("gone") };
  await report(scene, [gone, v1], await lost(scene, 4), undefined, "refused");
  for (const [ids, revision] of [
    [undefined, 5],
    [["b"], 7],
  ] as const) {
    if (ids) await report(scene, [v1], await lost(scene, 6), undefined, "b");
    const changes = new RecordedChanges(scene.fleet, scene.repository, new Turns());
    const adopted = await new Adoption(changes).adopt({ ...ADOPT, ids }, ORIGIN);
    assert.equal(adopted.revision, revision);
    assert.equal(scene.fleet.targets.current, changes.proposals.at(-1)?.views);
  }
});

test("of a device that has what it should have nothing is adopted, and no revision made", async () => {
  const { scene, v1 } = await open();
  await using _ = scene;
  await report(scene, [v1], await lost(scene, 3));
  const adopt = (keep: "device" | "server") => scene.adoption.adopt({ ...ADOPT, ids: ["d"], keep }, ORIGIN);
  const { revision, devices } = await adopt("device");
  assert.deepEqual([revision, devices], [4, 1]);
  const events = () => scene.repository.events.page({ limit: 100, isLast: true });
  const before = await events();
  for (const keep of ["device", "server"] as const) {
    const { revision, devices, ids } = await adopt(keep);
    assert.deepEqual([revision, devices, ids], [4, 0, []], keep);
  }
  assert.deepEqual(await events(), before, "nor does the log tell of it");
  await scene.wish("d", [V2]);
  assert.deepEqual([(await adopt("server")).devices, (await adopt("device")).devices], [0, 1]);
  assert.deepEqual(await scene.documents("d"), [V1], "what it has in place of what it should have");
});

class RecordedChanges extends Changes {
  readonly proposals: Proposal[] = [];

  override async propose(...request: Parameters<Changes["propose"]>): Promise<Proposal> {
    const proposal = await super.propose(...request);
    this.proposals.push(proposal);
    return proposal;
  }
}

test("a number that nobody can believe is not jumped over as far", async () => {
  const { scene, v1 } = await open();
  await using _ = scene;
  await report(scene, [v1], { revision: 2 ** 53 - 1, seal: "x" });
  assert.equal((await scene.adoption.adopt(ADOPT, ORIGIN)).revision, 1_000_001);
  assert.equal((await scene.wish("d", [V2])).revision, 1_000_002);
});

test("retry of a halted device says why it is left alone", async () => {
  const { scene, v1 } = await open();
  await using _ = scene;
  await report(scene, [v1], await lost(scene, 3));
  await assert.rejects(scene.fleet.commands.retry("d", ORIGIN), { code: "HISTORY_UNKNOWN" });
});
