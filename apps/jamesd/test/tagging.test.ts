import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tagged } from "@jamesd/protocol";
import { Changes } from "../src/desired/changes.ts";
import { Tagging } from "../src/desired/tagging.ts";
import { Turns } from "../src/running/turns.ts";
import { apply, get, reportTags, spec, start, VPN1, VPN2, view, wants } from "./http-desired.ts";
import { addPacket } from "./http-seed.ts";
import { codeOf, jsonOf, type TestServer } from "./http-server.ts";
import { ORIGIN, Scene } from "./scene.ts";

function send(server: TestServer, id: string, body: object) {
  return server.send("admin", "POST", `/v1/devices/${id}/tags`, { body });
}

async function tag(server: TestServer, id: string, body: object): Promise<Tagged> {
  const answer = await send(server, id, body);
  assert.equal(answer.status, 200, answer.body.toString());
  return jsonOf(answer) as Tagged;
}

test("tags that are given count as those that a device reports; no report takes them away, and none makes them", async () => {
  await using server = await start();
  await apply(server, [spec("labs", ["lab"], [VPN1])]);
  const foreseen = await tag(server, "device-1", { add: ["lab"], dryRun: true });
  assert.deepEqual([foreseen.tags, foreseen.changed, foreseen.impact.devices], [["lab"], true, 1]);
  assert.equal(foreseen.impact.groups[0]?.steps.length, 1);
  assert.equal(await wants(server, "device-1"), undefined);
  await tag(server, "device-1", { add: ["lab", "x"] });
  assert.deepEqual(await wants(server, "device-1"), [{ ...VPN1, spec: "labs" }]);
  await reportTags(server, "device-1", ["mips"]);
  assert.deepEqual(await wants(server, "device-1"), [{ ...VPN1, spec: "labs" }]);
  const [first] = await get<{ systemtags: string[]; givenTags: string[] }[]>(server, "/v1/devices?tags=lab");
  assert.deepEqual([first?.systemtags, first?.givenTags], [["mips"], ["lab", "x"]]);

  // What only the server can say.
  await reportTags(server, "device-2", ["lab", "given:lab"]);
  await apply(server, [spec("labs", ["given:lab"], [VPN1])]);
  assert.deepEqual(
    [(await view(server, "device-1")).specs, (await view(server, "device-2")).specs],
    [["labs"], []],
  );
  // Packets fit by them as well.
  const special = await addPacket(server, "vpn", ["v1", "x"]);
  assert.deepEqual(
    (await view(server, "device-1")).effective?.apps.map(({ digest }) => digest),
    [special],
  );
  const explained = await get<{ chosen: string }>(server, "/v1/devices/device-1/explain?name=vpn");
  assert.equal(explained.chosen, special);

  const kinds = "/v1/events?device=device-1&kinds=device-tagged,revision";
  const events = await get<{ kind: string; tags?: object; revision?: number }[]>(server, kinds);
  assert.deepEqual(
    events.map(({ kind, tags, revision }) => [kind, tags ?? revision]),
    [
      ["revision", 1],
      ["device-tagged", { before: [], after: ["lab", "x"] }],
      ["revision", 2],
    ],
  );
  assert.equal((await tag(server, "device-1", { remove: ["nothing"] })).changed, false);
  const removed = await tag(server, "device-1", { remove: ["lab"], add: ["y"] });
  assert.deepEqual([removed.tags, removed.impact.devices], [["x", "y"], 1]);
  assert.deepEqual((await view(server, "device-1")).specs, []);
});

test("tags that cannot be, or would contradict specs, are refused, and nothing is changed", async () => {
  await using server = await start();
  await apply(server, [spec("arms", ["arm"], [VPN1]), spec("labs", ["lab"], [VPN2])]);
  for (const [id, body, status, code] of [
    ["device-1", { add: ["lab"] }, 409, "SPEC_CONFLICT"],
    ["device-1", { add: ["not:lab"] }, 400, "TAG_INVALID"],
    ["nobody", { add: ["lab"] }, 404, "DEVICE_UNKNOWN"],
  ] as const) {
    const refused = await send(server, id, body);
    assert.deepEqual([refused.status, codeOf(refused)], [status, code]);
  }
  assert.deepEqual((await view(server, "device-1")).specs, ["arms"]);
});

test("given tags outlast the server, and wake who waits; a device that was forgotten has none", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("vpn", ["v1"]);
  await scene.desired.apply(
    {
      documents: [
        { kind: "spec", id: "labs", selector: ["lab"], apps: [{ name: "vpn", tags: ["v1"] }], policy: {} },
      ],
      ...{ remove: [], prune: false, dryRun: false, message: "" },
    },
    ORIGIN,
  );
  await scene.report("d");
  const { reply, gone } = scene.hold("d");
  const tagging = () => new Tagging(new Changes(scene.fleet, scene.repository, new Turns()));
  await tagging().tag({ id: "d", add: ["lab"], remove: [], dryRun: false }, ORIGIN);
  // Who was not woken by now goes without.
  gone.abort();
  assert.deepEqual(
    (await reply)?.plan?.apps.map(({ digest }) => digest),
    [packet.digest],
  );
  await scene.restart();
  assert.deepEqual((await scene.fleet.list.get("d")).givenTags, ["lab"]);
  assert.deepEqual((await scene.fleet.list.get("d")).specs, ["labs"]);
  await scene.desired.removeDevice("d", true, ORIGIN);
  await scene.report("d");
  assert.deepEqual(
    [(await scene.fleet.list.get("d")).givenTags, (await scene.fleet.list.get("d")).specs],
    [[], []],
  );
});
