import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePathQuery } from "../../src/http/path-query.ts";
import {
  type PathOwner,
  type PathQuery,
  PathSearch,
  type PathSearchParts,
} from "../../src/packets/path-search.ts";
import { installed, Scene } from "../scene.ts";

/** Names of apps with what is found in them, page by page, and the devices that have them. */
async function pages(scene: Scene, query: PathQuery, bounds: Partial<PathSearchParts> = {}) {
  const { catalogue, repository, fleet } = scene;
  const parts = { catalogue, packets: repository.packets, holders: fleet.list, ...bounds };
  const search = new PathSearch(parts);
  const found: (readonly PathOwner[])[] = [];
  let after: number | undefined;
  do {
    const page = await search.page(
      { ...query, ...(after !== undefined && { after }) },
      new AbortController().signal,
    );
    found.push(page.found);
    after = page.after;
  } while (after !== undefined);
  return found;
}

const named = (page: readonly PathOwner[]) =>
  page.map(({ packet: { name, tags }, entry, devices, ids }) => [
    name,
    tags.join(),
    entry.path,
    devices,
    ids,
  ]);

test("the packets that have a path are found, oldest first, with who has them", async () => {
  await using scene = await Scene.open();
  const first = await scene.upload("vpn", ["v1"], "usr/bin/vpn");
  await scene.upload("other", [], "usr/bin/vpn2");
  await scene.upload("vpn", ["v2"], "bin/vpn");
  const gone = await scene.upload("gone", [], "usr/bin/vpn");
  await scene.remove(gone);
  for (const id of ["d1", "d2"]) await scene.bring(id, [installed({ name: "vpn", tags: ["v1"] }, first)]);
  await scene.report("d3");
  for (const path of ["usr/bin/vpn", "bin/vpn"]) {
    const [page = [], ...more] = await pages(scene, { path });
    assert.deepEqual(named(page), [
      ["vpn", "v1", "usr/bin/vpn", 2, ["d1", "d2"]],
      ["vpn", "v2", "bin/vpn", 0, []],
    ]);
    assert.deepEqual(more, []);
  }
  assert.deepEqual(await pages(scene, { path: "usr/bin" }), [[]], "no part of a path is one");
  const [onDevice = []] = await pages(scene, { path: "bin/vpn", device: "d1" });
  assert.deepEqual(named(onDevice), [["vpn", "v1", "usr/bin/vpn", 2, ["d1", "d2"]]]);
  assert.deepEqual(await pages(scene, { path: "bin/vpn", device: "d3" }), [[]]);
  await assert.rejects(pages(scene, { path: "bin/vpn", device: "d4" }), { code: "DEVICE_UNKNOWN" });
});

test("a path may be any text", async () => {
  await using scene = await Scene.open();
  const path = 'opt/"x": \\ é\n';
  await scene.upload("odd", [], path);
  assert.deepEqual((await pages(scene, { path })).flatMap(named), [["odd", "", path, 0, []]]);
});

test("a page looks into so many packets or bytes, and what is there is found all the same", async () => {
  await using scene = await Scene.open();
  for (const name of ["a", "b", "c", "d", "e"])
    await scene.upload(name, [], name === "c" ? "opt/other" : "opt/x");
  const names = (found: readonly (readonly PathOwner[])[]) =>
    found.map((page) => page.map(({ packet }) => packet.name).join(""));
  assert.deepEqual(names(await pages(scene, { path: "opt/x" }, { maxPackets: 2 })), ["ab", "d", "e"]);
  assert.deepEqual(names(await pages(scene, { path: "opt/x" }, { maxPackets: 5 })), ["abde"]);
  assert.deepEqual(names(await pages(scene, { path: "opt/x" }, { maxBytes: 1 })), ["a", "b", "", "d", "e"]);
});

test("what is asked for is a path of a packet", () => {
  assert.deepEqual(parsePathQuery({ path: "a", after: "3" }), { path: "a", device: undefined, after: 3 });
  for (const path of ["", "/a", "x".repeat(4097)])
    assert.throws(() => parsePathQuery({ path }), { code: "REQUEST_INVALID" });
});
