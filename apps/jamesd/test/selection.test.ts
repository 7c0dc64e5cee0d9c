import assert from "node:assert/strict";
import { test } from "node:test";
import { effectiveState, isSelected, type StoredDocument } from "@jamesd/model";
import fc from "fast-check";
import { Documents } from "../src/fleet/documents.ts";
import { apply, get, own, reportTags, spec, start, VPN1, VPN2, view, WEB1, wants } from "./http-desired.ts";
import { codeOf } from "./http-server.ts";
import { Scene } from "./scene.ts";

const IDS = ["d1", "d2", "d3"];
const fact = fc.constantFrom("arm", "lab", ...IDS.map((id) => `id:${id}`));
const term = fc.oneof(
  fact,
  fact.map((text) => `not:${text}`),
);
const specs = fc.uniqueArray(
  fc.record({ id: fc.constantFrom("a", "b", "c", "d"), selector: fc.array(term, { maxLength: 3 }) }),
  { selector: ({ id }) => id },
);
const tagLists = fc.subarray(["arm", "lab"]);

test("law: of devices with the same tags each gets what the specs that choose it want, at their newest revision", async () => {
  await using scene = await Scene.open();
  const { targets, devices } = scene.fleet;
  fc.assert(
    fc.property(specs, tagLists, (given, tags) => {
      const stored = given.map(({ id, selector }, i): StoredDocument => {
        const content = { selector, apps: [{ name: id, tags: [] }], policy: {} };
        return { kind: "spec", id, revision: i + 1, content };
      });
      const resolver = targets.by(Documents.of(stored, []));
      const tagSet = devices.tagSet(tags, []);
      for (const id of IDS) {
        const chosen = stored.filter(({ content }) => isSelected(content.selector, tagSet.set, id));
        const target = resolver.target({
          ...{ id, tagSet, own: undefined },
          standing: { isManaged: true, wish: 0 },
        });
        const wanted = effectiveState(
          chosen.map(({ id, revision, content }) => ({ id, revision, ...content })),
          undefined,
        );
        assert.deepEqual(target?.wanted.apps, wanted.apps);
        assert.equal(target?.wanted.revision, Math.max(0, ...chosen.map(({ revision }) => revision)));
      }
    }),
  );
});

test("a spec passes over devices with a tag, and a device by its id, which gets what it should when that ends", async () => {
  await using server = await start();
  await reportTags(server, "device-2", ["arm", "lab"]);
  const both = { devices: 2 };
  assert.equal((await apply(server, [spec("arms", ["arm"], [VPN1])])).impact.devices, both.devices);
  const { impact } = await apply(server, [spec("arms", ["arm", "not:lab"], [VPN1])]);
  assert.deepEqual(
    impact.groups.flatMap(({ ids }) => ids),
    [],
  );
  assert.deepEqual(await wants(server, "device-1"), [{ ...VPN1, spec: "arms" }]);
  assert.equal((await view(server, "device-2")).sync, "unmanaged");

  const excluding = spec("arms", ["arm", "not:id:device-1"], [VPN1]);
  assert.deepEqual((await apply(server, [excluding, spec("all", [], [WEB1])])).documents.length, 2);
  assert.deepEqual(await wants(server, "device-1"), [{ ...WEB1, spec: "all" }]);
  assert.deepEqual(await wants(server, "device-2"), [
    { ...WEB1, spec: "all" },
    { ...VPN1, spec: "arms" },
  ]);
  // A change that is not about it is none for it; two specs that would contradict each other on it do not.
  await apply(server, [{ ...excluding, apps: [VPN2] }, spec("ones", ["id:device-1"], [VPN1])]);
  assert.deepEqual((await view(server, "device-1")).specs, ["all", "ones"]);
  await apply(server, [{ ...excluding, apps: [VPN1] }]);
  assert.deepEqual(
    [(await view(server, "device-1")).revision, (await view(server, "device-2")).revision],
    [4, 5],
  );
  const events = await get<{ revision?: number }[]>(server, "/v1/events?device=device-1&kinds=revision");
  assert.deepEqual(
    events.map(({ revision }) => revision),
    [1, 2, 3, 4, 5],
  );
  const blamed = await get<{ id: string }[]>(server, "/v1/blame?kind=device&id=device-1");
  assert.deepEqual(
    blamed.map(({ id }) => id),
    ["all", "ones"],
  );

  for (const [selector, warning] of [
    [["not:id:device-1", "not:id:device-2"], /fits no device: not:id:device-1, not:id:device-2/],
    [["not:arm"], /fits no device: not:arm/],
  ] as const)
    assert.match((await apply(server, [spec("none", [...selector], [])])).impact.warnings.join(), warning);
  const body = { documents: [spec("bad", ["not:not:lab"], []), own("device-1", [])] };
  const refused = await server.send("admin", "POST", "/v1/revisions", { body });
  assert.deepEqual([refused.status, codeOf(refused)], [400, "TAG_INVALID"]);
});
