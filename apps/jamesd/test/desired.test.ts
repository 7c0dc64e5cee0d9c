// biome-ignore-all lint/style/noExcessiveLinesPerFile: still to be cut where it parts
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorBody, stateDigest } from "@jamesd/model";
import type { Applied, DesiredChange } from "@jamesd/protocol";
import fc from "fast-check";
import { apply, get, own, reportTags, spec, start, VPN1, VPN2, view, WEB1, wants } from "./http-desired.ts";
import { addPacket, hold } from "./http-seed.ts";
import { codeOf, jsonOf, TestServer } from "./http-server.ts";

test("a spec is for the devices that its selector chooses, also for those that come later", async () => {
  await using server = await start();
  const applied = await apply(server, [spec("arms", ["arm"], [VPN1])], { message: "why" });
  assert.equal(applied.revision, 1);
  assert.deepEqual(applied.documents, [{ kind: "spec", id: "arms", action: "created" }]);
  assert.equal(applied.impact.devices, 1);
  assert.deepEqual(applied.impact.groups[0]?.ids, ["device-1"]);
  assert.equal(applied.impact.groups[0]?.steps.length, 1);
  const { sync, specs } = await view(server, "device-1");
  assert.deepEqual([sync, specs], ["pending", ["arms"]]);
  assert.deepEqual(await wants(server, "device-1"), [{ ...VPN1, spec: "arms" }]);
  assert.equal((await view(server, "device-2")).sync, "unmanaged");
  await reportTags(server, "device-2", ["arm", "x86"]);
  assert.deepEqual(await wants(server, "device-2"), [{ ...VPN1, spec: "arms" }]);
});

test("its own desired state wins over specs, app by app", async () => {
  await using server = await start();
  await apply(server, [spec("all", [], [VPN1, WEB1]), own("device-1", [VPN2])]);
  assert.deepEqual(await wants(server, "device-1"), [
    { ...WEB1, spec: "all" },
    { ...VPN2, spec: null },
  ]);
});

test("what a device should have names the packet for each app, which changes when a better one comes", async () => {
  await using server = await start();
  const lost = { name: "vpn", tags: ["v9"] };
  const plain = await addPacket(server, "tool", []);
  await apply(server, [own("device-1", [{ name: "tool", tags: [] }]), spec("x", ["later"], [lost])]);
  const packets = async () => (await view(server, "device-1")).effective?.apps.map(({ digest }) => digest);
  assert.deepEqual(await packets(), [plain]);
  const better = await addPacket(server, "tool", ["arm"]);
  assert.deepEqual(await packets(), [better]);
  await reportTags(server, "device-1", ["later"]);
  assert.deepEqual(await packets(), [null, plain]);
});

test("what steps name is told with its tags, each packet once; what is gone is left out", async () => {
  await using server = await start();
  const newestFirst = await get<{ digest: string; tags: string[] }[]>(server, "/v1/packets?name=vpn");
  const [v2 = "", v1 = ""] = newestFirst.map(({ digest }) => digest);
  const both = { [v1]: ["v1"], [v2]: ["v2"] };
  const state = { systemtags: ["arm"], apps: [{ ...VPN1, digest: v1 }] };
  await server.send("device-1", "POST", "/v1/checkin", { body: { digest: stateDigest(state), state } });
  const { packets } = await apply(server, [own("device-1", [VPN2]), own("device-2", [VPN2])]);
  assert.deepEqual(packets, both);
  const plan = "/v1/devices/device-1/plan";
  assert.deepEqual((await get<{ packets: object }>(server, plan)).packets, both);
  const path = "/v1/devices/device-1/desired";
  const set = await server.send("admin", "PUT", path, { body: { apps: [VPN2, WEB1] } });
  assert.deepEqual(Object.values((jsonOf(set) as { packets: object }).packets), [["v1"], ["v2"], ["v1"]]);
  await server.send("admin", "DELETE", `/v1/packets/${v1}?force=true`);
  const reverted = await server.send("admin", "POST", "/v1/revisions/revert", { body: { to: 1 } });
  assert.deepEqual((jsonOf(reverted) as Applied).packets, { [v2]: ["v2"] });
});

test("specs that contradict each other for a device are refused, and both are named", async () => {
  await using server = await start();
  await apply(server, [spec("all", [], [VPN1])]);
  const body = { documents: [spec("arms", ["arm"], [VPN2])] };
  const refused = await server.send("admin", "POST", "/v1/revisions", { body });
  assert.deepEqual([refused.status, codeOf(refused)], [409, "SPEC_CONFLICT"]);
  assert.match(refused.body.toString(), /all and arms want vpn with different tags on device-1/);
  assert.deepEqual(await get<object[]>(server, "/v1/specs").then((specs) => specs.length), 1);
});

test("a device that comes later and fits two specs that contradict each other says so, and gets no plan", async () => {
  await using server = await start();
  await apply(server, [spec("arms", ["arm"], [VPN1]), spec("pies", ["pi"], [VPN2])]);
  await reportTags(server, "device-1", ["arm", "pi"]);
  const { sync, problem } = await view(server, "device-1");
  assert.deepEqual([sync, problem?.code], ["unsatisfiable", "SPEC_CONFLICT"]);
  const plan = await get<{ steps: object[]; problem: object }>(server, "/v1/devices/device-1/plan");
  assert.deepEqual(plan.steps, []);
  assert.ok(plan.problem);
});

test("an app that none of a spec's devices can have is refused; that some cannot is told", async () => {
  await using server = await start();
  await addPacket(server, "armed", ["v1", "arm"]);
  const wish = { name: "armed", tags: ["v1"] };
  const body = { documents: [spec("x", ["x86"], [wish])] };
  const refused = await server.send("admin", "POST", "/v1/revisions", { body });
  assert.equal(codeOf(refused), "NO_PACKET_FULFILS");
  const { impact } = await apply(server, [spec("all", [], [wish])]);
  const problems = impact.groups.map(({ ids, problem }) => [ids, problem?.code]);
  assert.deepEqual(
    problems.sort(),
    [
      [["device-1"], undefined],
      [["device-2"], "NO_PACKET_FULFILS"],
    ].sort(),
  );
});

test("devices that will do the same are one group, whatever else they have; those that cannot come first, all counted", async () => {
  await using server = await start(["device-3"]);
  await addPacket(server, "armed", ["v1", "arm"]);
  await apply(server, [own("device-1", [WEB1])]);
  await carryOut(server, [WEB1]);
  const same = await apply(server, [spec("all", [], [VPN1])], { dryRun: true });
  assert.deepEqual(
    same.impact.groups.map(({ devices, ids }) => [devices, ids]),
    [[2, ["device-1", "device-2"]]],
  );
  assert.equal(same.impact.unsatisfiable, 0);
  await reportTags(server, "device-3", ["arm"]);
  const armed = await apply(server, [spec("all", [], [VPN1, { name: "armed", tags: ["v1"] }])]);
  assert.deepEqual(
    armed.impact.groups.map(({ devices, problem }) => [devices, problem?.code]),
    [
      [1, "NO_PACKET_FULFILS"],
      [2, undefined],
    ],
  );
  assert.equal(armed.impact.unsatisfiable, 1);
});

test("what was impossible before a desired state was set is told with it, and steps that will not happen are not", async () => {
  await using server = await start();
  await apply(server, [spec("arms", ["arm"], [VPN1]), spec("pies", ["pi"], [VPN2])]);
  await reportTags(server, "device-1", ["arm", "pi"]);
  const body = { apps: [WEB1] };
  const answer = await server.send("admin", "PUT", "/v1/devices/device-1/desired", { body });
  const change = jsonOf(answer) as { steps: object[]; problem: { code: string } | null };
  assert.deepEqual([change.steps, change.problem?.code], [[], "SPEC_CONFLICT"]);
});

test("an app of a spec that contradicts another is not taken for one that can be had", async () => {
  await using server = await start();
  await apply(server, [spec("arms", ["arm"], [VPN1]), spec("pies", ["pi"], [VPN2])]);
  await reportTags(server, "device-1", ["arm", "pi"]);
  const body = { documents: [spec("pies", ["pi"], [VPN2, { name: "none", tags: [] }])] };
  await reportTags(server, "device-2", ["pi"]);
  assert.equal(codeOf(await server.send("admin", "POST", "/v1/revisions", { body })), "NO_PACKET_FULFILS");
});

test("a tag that no packet of the name has is a warning, or the hint of the refusal", async () => {
  await using server = await start();
  const { impact } = await apply(server, [spec("all", [], [{ name: "vpn", tags: ["v1", "v9"] }])]);
  assert.deepEqual(impact.warnings, ["no packet named vpn has the tag v9 that the spec all wants"]);
  const body = { apps: [{ name: "web", tags: ["v1", "v8"] }] };
  const answer = await server.send("admin", "PUT", "/v1/devices/device-1/desired", { body });
  const { warnings } = jsonOf(answer) as { warnings: string[] };
  assert.deepEqual(warnings, ["no packet named web has the tag v8 that the device device-1 wants"]);
  const documents = [spec("none", ["arm"], [{ name: "web", tags: ["v2"] }])];
  const plain = await server.send("admin", "POST", "/v1/revisions", { body: { documents } });
  assert.equal(plain.status, 200, "its own desired state wins");
  await apply(server, [], {
    remove: [
      { kind: "device", id: "device-1" },
      { kind: "spec", id: "none" },
    ],
  });
  const refused = await server.send("admin", "POST", "/v1/revisions", { body: { documents } });
  const text = refused.body.toString();
  assert.match(text, /no packet fulfils web with tags v2 \(spec none\) on device-1/);
  assert.match(text, /No packet named web has the tag v2\. The nearest is web \[v1\]; missing .*: v1\./);
});

test("what a device could not report is refused, or when it comes later told", async () => {
  await using server = await start();
  const tags = Array.from({ length: 1000 }, (_, i) => `t${i}`);
  const wishes = (from: number) =>
    Array.from({ length: 11 }, (_, i) => ({ name: `a${from + i}`, tags: ["x", ...tags] }));
  for (const { name } of [...wishes(0), ...wishes(11)]) await addPacket(server, name, ["x"]);
  await apply(server, [spec("arms", ["arm"], wishes(0)), spec("pies", ["pi"], wishes(11))]);
  const body = { documents: [spec("all", [], wishes(11))] };
  assert.equal(codeOf(await server.send("admin", "POST", "/v1/revisions", { body })), "STATE_TOO_LARGE");
  await reportTags(server, "device-1", ["arm", "pi"]);
  const { sync, problem } = await view(server, "device-1");
  assert.deepEqual([sync, problem?.code], ["unsatisfiable", "STATE_TOO_LARGE"]);
});

test("a selector that fits nobody and a device that nobody has seen are warnings", async () => {
  await using server = await start();
  const { impact } = await apply(server, [spec("s", ["riscv"], [VPN1]), own("device-9", [VPN1])]);
  assert.equal(impact.warnings.length, 2);
  assert.match(impact.warnings[0] ?? "", /spec s fits no device: riscv/);
  assert.match(impact.warnings[1] ?? "", /device-9/);
});

test("set-desired-state takes a device that nobody has seen, as apply does, and names the ids that are near", async () => {
  await using server = await start();
  await reportTags(server, "device-1", ["x86"]);
  const send = (id: string) =>
    server.send("admin", "PUT", `/v1/devices/${id}/desired`, { body: { apps: [VPN1] } });
  const set = async (id: string) => jsonOf(await send(id)) as DesiredChange;
  const { revision, changed, steps, problem, warnings } = await set("device-9");
  assert.deepEqual([revision, changed, steps, problem], [1, true, [], null]);
  assert.match(warnings.join(), /no device device-9 has ever checked in; known ids near it: device-1/);
  assert.equal((await set("device-9")).changed, false);
  assert.doesNotMatch((await set("something-else")).warnings.join(), /near/);
  const { apps } = await get<{ apps: object[] }>(server, "/v1/devices/device-9/desired");
  assert.deepEqual(apps, [VPN1]);
});

test("an id that no certificate can have is of no device that may come", async () => {
  await using server = await start();
  const set = (id: string) =>
    server.send("admin", "PUT", `/v1/devices/${id}/desired`, { body: { apps: [] } });
  for (const id of ["", "%00", "a%20b", "%2e%2e", "a,b"])
    assert.equal(codeOf(await set(id)), "DEVICE_UNKNOWN", id);
  const body = { documents: [own("a b", [])] };
  assert.equal(codeOf(await server.send("admin", "POST", "/v1/revisions", { body })), "DEVICE_UNKNOWN");
});

test("all or nothing: one bad document, and none is set", async () => {
  await using server = await start();
  const documents = [spec("all", [], [VPN1]), own("device-1", [{ name: "none", tags: [] }])];
  const refused = await server.send("admin", "POST", "/v1/revisions", { body: { documents } });
  assert.equal(codeOf(refused), "NO_PACKET_FULFILS");
  assert.deepEqual(await get(server, "/v1/specs"), []);
  assert.deepEqual(await get(server, "/v1/revisions"), []);
  const twice = [own("device-1", []), own("device-1", [VPN1])];
  const again = await server.send("admin", "POST", "/v1/revisions", { body: { documents: twice } });
  assert.deepEqual([codeOf(again), again.status], ["REQUEST_INVALID", 400]);
});

test("a document is not set and removed at once; the id of a spec is a name", async () => {
  await using server = await start();
  await apply(server, [spec("all", [], [VPN1])]);
  const send = async (body: object) => codeOf(await server.send("admin", "POST", "/v1/revisions", { body }));
  const remove = [{ kind: "spec", id: "all" }];
  assert.equal(await send({ documents: [spec("all", [], [WEB1])], remove }), "REQUEST_INVALID");
  assert.equal(await send({ documents: [], remove: [...remove, ...remove] }), "REQUEST_INVALID");
  assert.equal(await send({ documents: [spec("a/b", [], [])] }), "NAME_INVALID");
  assert.deepEqual(await wants(server, "device-1"), [{ ...VPN1, spec: "all" }]);
});

test("a dry run says what would happen, and changes nothing", async () => {
  await using server = await start();
  const documents = [spec("all", [], [VPN1])];
  const dry = await apply(server, documents, { dryRun: true });
  assert.equal(dry.revision, 0);
  assert.deepEqual(await get(server, "/v1/specs"), []);
  const real = await apply(server, documents);
  assert.deepEqual(real.impact, dry.impact);
});

test("the same again makes no revision; who was overtaken is refused, also in a dry run", async () => {
  await using server = await start();
  await apply(server, [spec("all", ["arm"], [VPN1])]);
  const again = await apply(server, [spec("all", ["arm"], [VPN1])]);
  assert.deepEqual([again.revision, again.documents, again.unchanged], [1, [], 1]);
  for (const dryRun of [true, false]) {
    const body = { documents: [spec("all", ["arm"], [VPN2], { revision: 0 })], dryRun };
    const refused = await server.send("admin", "POST", "/v1/revisions", { body });
    assert.equal(codeOf(refused), "REVISION_CONFLICT");
  }
  for (let i = 0; i < 2; i += 1) {
    const { revision } = await apply(server, [spec("all", ["arm"], [VPN2], { revision: 1 })]);
    assert.equal(revision, 2, "what is so already is nothing to be refused");
  }
});

test("who was overtaken hears by whom, when and why, and the way out", async () => {
  await using server = await start();
  const refusal = async (document: object) => {
    const body = { documents: [document], dryRun: false };
    const refused = await server.send("admin", "POST", "/v1/revisions", { body });
    assert.equal(codeOf(refused), "REVISION_CONFLICT");
    return jsonOf(refused) as ErrorBody;
  };
  const documents = [
    [(apps: object[], more = {}) => spec("all", [], apps, more), "get-spec --id all"],
    [(apps: object[], more = {}) => own("device-1", apps, more), "get-desired-state --id device-1"],
  ] as const;
  for (const [document, command] of documents) {
    const { revision } = await apply(server, [document([VPN1])]);
    await apply(server, [document([VPN2])], { message: "the fast\none" });
    const { message, hint = "" } = await refusal(document([WEB1], { revision }));
    assert.match(
      message,
      /is at revision (2|4), not at revision (1|3) as expected: admin changed it at 2\S+Z, "the fast\\none"$/,
    );
    assert.ok(hint.includes(command) && hint.includes("--force"), hint);
    const ahead = await refusal(document([WEB1], { revision: revision + 7 }));
    assert.match(ahead.message, /as expected$/, "nobody did since then");
  }
  await apply(server, [], { remove: [{ kind: "spec", id: "all" }] });
  const { message } = await refusal(spec("all", [], [WEB1], { revision: 2 }));
  assert.match(
    message,
    /is not there \(revision 0\), not at revision 2 as expected: admin removed it in revision 5 at /,
  );
  await apply(server, [spec("all", [], [WEB1])]);
});

test("pruning removes what is not listed", async () => {
  await using server = await start();
  await apply(server, [spec("a", [], [VPN1]), spec("b", [], [WEB1]), own("device-1", [])]);
  const { documents } = await apply(server, [spec("b", [], [WEB1])], { prune: true });
  assert.deepEqual(
    documents.map(({ kind, id, action }) => `${action} ${kind} ${id}`),
    ["removed device device-1", "removed spec a"],
  );
  const { specs } = await view(server, "device-1");
  assert.deepEqual(specs, ["b"]);
  const body = { documents: [], prune: true };
  const refused = await server.send("admin", "POST", "/v1/revisions", { body });
  assert.deepEqual([refused.status, codeOf(refused)], [400, "REQUEST_INVALID"]);
  assert.equal((await get<object[]>(server, "/v1/specs")).length, 1);
});

test("what is removed must be there", async () => {
  await using server = await start();
  for (const [kind, code] of [
    ["spec", "SPEC_UNKNOWN"],
    ["device", "REVISION_UNKNOWN"],
  ]) {
    const body = { documents: [], remove: [{ kind, id: "device-1" }] };
    assert.equal(codeOf(await server.send("admin", "POST", "/v1/revisions", { body })), code);
  }
});

/** Device 1 reports that it has what it should have. */
async function carryOut(server: TestServer, apps: { name: string; tags: string[] }[]): Promise<string> {
  const { target } = await get<{ target: string }>(server, "/v1/devices/device-1");
  const packets = await get<{ name: string; tags: string[]; digest: string }[]>(server, "/v1/packets");
  const digestOf = (app: { name: string; tags: string[] }): string =>
    packets.find(({ name, tags }) => name === app.name && tags.join() === app.tags.join())?.digest ?? "";
  const state = { systemtags: ["arm"], apps: apps.map((app) => ({ ...app, digest: digestOf(app) })) };
  const base = { id: "t1", target, revision: 1, outcome: "committed", started: 1, durationMs: 1, attempt: 1 };
  const body = { digest: stateDigest(state), state, transaction: { ...base, scripts: [] } };
  assert.equal((await server.send("device-1", "POST", "/v1/checkin", { body })).status, 204);
  assert.equal((await view(server, "device-1")).sync, "in-sync");
  return body.digest;
}

test("when nothing is wanted any more, what jamesd installed goes; a device it never touched is left alone", async () => {
  await using server = await start();
  await apply(server, [spec("all", [], [VPN1])]);
  await carryOut(server, [VPN1]);
  const { impact } = await apply(server, [], { remove: [{ kind: "spec", id: "all" }] });
  assert.deepEqual([impact.devices, impact.warnings.length], [2, 1]);
  const plan = await get<{ steps: { kind: string }[] }>(server, "/v1/devices/device-1/plan");
  assert.deepEqual(
    plan.steps.map(({ kind }) => kind),
    ["delete"],
  );
  assert.equal((await view(server, "device-2")).sync, "unmanaged");
});

test("history, differences, blame and the past of a document", async () => {
  await using server = await start();
  await apply(server, [spec("all", ["arm"], [VPN1])], { message: "one" });
  await apply(server, [spec("all", ["arm"], [VPN1, WEB1]), own("device-1", [])], { message: "two" });
  const history = await get<{ number: number; author: string; message: string; changed: number }[]>(
    server,
    "/v1/revisions",
  );
  assert.deepEqual(
    history.map(({ number, author, message, changed }) => [number, author, message, changed]),
    [
      [2, "admin", "two", 2],
      [1, "admin", "one", 1],
    ],
  );
  const { changes } = await get<{ changes: { id: string; before: object | null }[] }>(server, "/v1/changes");
  assert.deepEqual(
    changes.map(({ id, before }) => [id, before === null]),
    [
      ["device-1", true],
      ["all", false],
    ],
  );
  const blame = await get<{ name: string; revision: number; kind: string }[]>(
    server,
    "/v1/blame?kind=device&id=device-1",
  );
  assert.deepEqual(
    blame.map(({ name, revision, kind }) => [name, revision, kind]),
    [
      ["vpn", 1, "spec"],
      ["web", 2, "spec"],
    ],
  );
  const old = await get<{ apps: object[] }>(server, "/v1/specs/all?revision=1");
  assert.deepEqual(old.apps, [VPN1]);
  const gone = await server.send("admin", "GET", "/v1/devices/device-1/desired?revision=1");
  assert.equal(codeOf(gone), "REVISION_UNKNOWN");
  assert.equal(codeOf(await server.send("admin", "GET", "/v1/specs/all?revision=9")), "REVISION_UNKNOWN");
  assert.equal(codeOf(await server.send("admin", "GET", "/v1/specs/all?revision=x")), "REQUEST_INVALID");
});

test("law: after reverting to any revision, nothing differs from it", async () => {
  await using server = await start();
  const apps = fc.subarray([VPN1, WEB1]);
  const documents = fc.uniqueArray(
    fc.oneof(
      fc.record({ kind: fc.constant("device"), id: fc.constantFrom("device-1", "device-2"), apps }),
      fc.record({
        kind: fc.constant("spec"),
        id: fc.constantFrom("a", "b", "c"),
        selector: fc.subarray(["arm", "x86"]),
        apps,
      }),
    ),
    { selector: ({ kind, id }) => `${kind} ${id}`, maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(documents, fc.boolean(), fc.nat(), async (given, prune, dice) => {
      const { revision } = await apply(server, given, { prune: prune && given.length > 0 });
      const to = dice % (revision + 1);
      const answer = await server.send("admin", "POST", "/v1/revisions/revert", { body: { to } });
      assert.equal(answer.status, 200, answer.body.toString());
      const after = (jsonOf(answer) as Applied).revision;
      const { changes } = await get<{ changes: object[] }>(server, `/v1/changes?from=${to}&to=${after}`);
      assert.deepEqual(changes, []);
    }),
    { numRuns: 20 },
  );
});

test("one document goes back alone, and the message says to which revision", async () => {
  await using server = await start();
  await apply(server, [spec("a", [], [VPN1]), spec("b", [], [WEB1])]);
  await apply(server, [spec("a", ["arm"], [VPN1]), spec("b", ["arm"], [WEB1])]);
  const revert = async (body: object) => server.send("admin", "POST", "/v1/revisions/revert", { body });
  const document = { kind: "spec", id: "a" };
  const { documents } = jsonOf(await revert({ to: 1, document })) as Applied;
  assert.deepEqual(documents, [{ ...document, action: "changed" }]);
  const specs = await get<{ id: string; selector: string[] }[]>(server, "/v1/specs");
  assert.deepEqual(
    specs.map(({ id, selector }) => [id, ...selector]),
    [["a"], ["b", "arm"]],
  );
  const [newest] = await get<{ message: string }[]>(server, "/v1/revisions");
  assert.equal(newest?.message, "Revert to revision 1");
  assert.equal(codeOf(await revert({ to: 4 })), "REVISION_UNKNOWN");
});

test("explain lists every candidate and what it lacks", async () => {
  await using server = await start();
  await addPacket(server, "vpn", ["v3", "x86"]);
  await apply(server, [spec("all", [], [VPN1])]);
  const found = await get<{
    spec: string;
    chosen: string;
    candidates: { tags: string[]; missing: string[] }[];
  }>(server, "/v1/devices/device-1/explain?name=vpn");
  assert.equal(found.spec, "all");
  assert.deepEqual(
    found.candidates.map(({ tags, missing }) => [tags.join(), missing.join()]),
    [
      ["v1", ""],
      ["v2", "v2"],
      ["v3,x86", "v3,x86"],
    ],
  );
  const as = await get<{ tags: string[]; candidates: { missing: string[] }[] }>(
    server,
    "/v1/devices/device-1/explain?name=vpn&tags=v3",
  );
  assert.deepEqual([as.tags, as.candidates[0]?.missing], [["v3"], ["x86"]]);
});

test("a packet that is in use is not removed; some of its users are named, and how many more there are", async () => {
  await using server = await start(["device-3", "device-4"]);
  for (const id of ["device-4", "device-3"]) await reportTags(server, id, []);
  await apply(server, [spec("all", [], [VPN1])]);
  const [packet] = await get<{ digest: string }[]>(server, "/v1/packets?name=vpn&tags=v1");
  const refused = await server.send("admin", "DELETE", `/v1/packets/${packet?.digest}`);
  assert.equal(codeOf(refused), "PACKET_IN_USE");
  assert.match(refused.body.toString(), /on device-1, device-2, device-3 and 1 more"/);
});

test("what a packet more or less would mean", async () => {
  await using server = await start();
  await apply(server, [spec("all", [], [VPN1])]);
  interface Meaning {
    devices: number;
    unsatisfiable: number;
  }
  const better = await get<Meaning>(server, "/v1/impact?name=vpn&tags=v1,arm");
  assert.deepEqual([better.devices, better.unsatisfiable], [1, 0]);
  assert.equal((await get<Meaning>(server, "/v1/impact?name=vpn&tags=v1")).devices, 0);
  assert.equal((await get<Meaning>(server, "/v1/impact?name=other")).devices, 0);
  const [packet] = await get<{ digest: string }[]>(server, "/v1/packets?name=vpn&tags=v1");
  const less = await get<Meaning>(server, `/v1/impact?remove=${packet?.digest}`);
  assert.deepEqual([less.devices, less.unsatisfiable], [2, 2]);
});

test("law: pages of filtered devices, one after the other, are the filtered whole", async () => {
  const ids = Array.from({ length: 23 }, (_, i) => `d${i}`);
  await using server = await TestServer.start(ids);
  for (const [i, id] of ids.entries()) await reportTags(server, id, [`a${i % 2}`, `b${i % 3}`]);
  const list = (query: string) => get<{ id: string }[]>(server, `/v1/devices?${query}`);
  const tags = fc.subarray(["a0", "a1", "b0", "b2"]);
  await fc.assert(
    fc.asyncProperty(tags, fc.integer({ min: 1, max: 9 }), async (wanted, limit) => {
      const whole = (await list(`tags=${wanted.join()}`)).map(({ id }) => id);
      assert.deepEqual(
        whole,
        ids.filter((_, i) => wanted.every((tag) => [`a${i % 2}`, `b${i % 3}`].includes(tag))).sort(),
      );
      const paged: string[] = [];
      for (;;) {
        const page = await list(`tags=${wanted.join()}&limit=${limit}&after=${paged.at(-1) ?? ""}`);
        paged.push(...page.map(({ id }) => id));
        if (page.length < limit) break;
      }
      assert.deepEqual(paged, whole);
    }),
    { numRuns: 30 },
  );
  assert.equal((await list("sync=unmanaged&connected=true&seenSince=5")).length, ids.length);
  assert.equal((await list("sync=in-sync,failed")).length, 0);
  assert.equal((await list("seenBefore=5")).length, 0);
  assert.equal((await list("app=vpn")).length, 0);
  for (const query of ["sync=well", "connected=yes", "limit=-1", "seenSince=now", "appTags=v1", "tags=a,,b"])
    assert.equal((await server.send("admin", "GET", `/v1/devices?${query}`)).status, 400, query);
});

test("a removed device is forgotten with what it should have, and comes back as a new one", async () => {
  await using server = await start();
  await apply(server, [own("device-1", [VPN1])]);
  const remove = (query = "") => server.send("admin", "DELETE", `/v1/devices/device-1${query}`);
  const refused = await remove();
  assert.deepEqual([refused.status, codeOf(refused)], [409, "DEVICE_IN_USE"]);
  assert.equal((await remove("?force=true")).status, 204);
  assert.equal(codeOf(await server.send("admin", "GET", "/v1/devices/device-1")), "DEVICE_UNKNOWN");
  assert.equal(codeOf(await remove()), "DEVICE_UNKNOWN");
  const [newest] = await get<{ message: string }[]>(server, "/v1/revisions");
  assert.equal(newest?.message, "Remove the device device-1");
  await reportTags(server, "device-1", ["arm"]);
  assert.equal((await view(server, "device-1")).sync, "unmanaged");
});

test("a device that is removed while its check-in is held is asked for its state at once, and nothing is taken away from it", async () => {
  await using server = await start();
  await apply(server, [own("device-1", [VPN1])]);
  const digest = await carryOut(server, [VPN1]);
  const held = await hold(server, "device-1", digest);
  assert.equal((await server.send("admin", "DELETE", "/v1/devices/device-1?force=true")).status, 204);
  const answer = await held.answer;
  assert.equal(answer.status, 200, answer.body.toString());
  assert.deepEqual(JSON.parse(answer.body.toString()), { need: "state" });
  assert.equal(codeOf(await server.send("admin", "GET", "/v1/devices/device-1")), "DEVICE_UNKNOWN");
});

test("a device without system tags gets what is wanted for it, and for all, at its first check-in", async () => {
  await using server = await TestServer.start();
  await addPacket(server, "vpn", ["v1"]);
  await addPacket(server, "web", ["v1"]);
  await apply(server, [own("device-1", [VPN1]), spec("all", [], [WEB1])]);
  await reportTags(server, "device-1", []);
  await reportTags(server, "device-2", []);
  assert.equal((await wants(server, "device-1"))?.length, 2);
  assert.deepEqual(await wants(server, "device-2"), [{ ...WEB1, spec: "all" }]);
});
