import assert from "node:assert/strict";
import { test } from "node:test";
import { type Digest, sha256 } from "@jamesd/model";
import type { Applied } from "@jamesd/protocol";
import { get, reportTags } from "../http-desired.ts";
import { addPacket, archiveOf } from "../http-seed.ts";
import { type Answer, codeOf, jsonOf, TestServer } from "../http-server.ts";

const LAB = { plan: { waves: ["tag:lab"] } };
const IDS = ["device-1", "device-2", "device-3"];
const APP = { name: "app", tags: ["v1"] };

interface Added {
  readonly packet: { readonly digest: Digest };
  readonly rollout?: number;
  readonly warnings: readonly string[];
}

/** Three devices on x86 that want an app, of which there is a packet for any; the first is in the lab. */
async function begin(more = {}): Promise<TestServer> {
  const server = await TestServer.start(["device-3"], more);
  await addPacket(server, "app", ["v1"]);
  for (const id of IDS) await reportTags(server, id, id === "device-1" ? ["x86", "lab"] : ["x86"]);
  const document = { kind: "spec", id: "s", selector: [], apps: [APP] };
  const body = { documents: [document], rollout: { now: true } };
  assert.equal((await server.send("admin", "POST", "/v1/revisions", { body })).status, 200);
  return server;
}

async function add(
  server: TestServer,
  rollout: object,
  tags = ["v1", "x86"],
  path = `opt/${tags.join("-")}`,
): Promise<Answer> {
  const archive = await archiveOf(path);
  const upload = sha256(archive);
  await server.send("admin", "PUT", `/v1/uploads/${upload}?offset=0`, { body: archive });
  const body = { name: "app", tags, upload, scripts: {}, rollout, message: "better" };
  return server.send("admin", "POST", "/v1/packets", { body });
}

/** How many tags the packets have that devices should have. */
async function found(server: TestServer): Promise<readonly (number | undefined)[]> {
  const packets = await get<{ digest: string; tags: string[] }[]>(server, "/v1/packets");
  const tagsOf = new Map(packets.map(({ digest, tags }) => [digest, tags.length]));
  const counts = [];
  for (const id of IDS) {
    const { effective } = await get<{ effective: { apps: { digest: string }[] } }>(
      server,
      `/v1/devices/${id}`,
    );
    counts.push(tagsOf.get(effective.apps[0]?.digest ?? ""));
  }
  return counts;
}

test("a packet that fits better spreads in waves by a revision that changes no document; for the others it is not there", async () => {
  await using server = await begin();
  const answer = await add(server, LAB);
  assert.equal(answer.status, 200, answer.body.toString());
  const added = jsonOf(answer) as Added;
  assert.equal(added.rollout, 2);
  assert.deepEqual(await found(server), [2, 1, 1]);
  const [revision] = await get<{ message: string; changed: number }[]>(server, "/v1/revisions");
  assert.deepEqual([revision?.message, revision?.changed], ["better", 0]);
  // The same again is there: it changes nothing, and is no rollout.
  const again = jsonOf(await add(server, LAB)) as Added;
  assert.deepEqual([again.rollout, again.packet], [undefined, added.packet]);
  const spec = { kind: "spec", id: "t", selector: ["none"], apps: [] };
  const applied = await server.send("admin", "POST", "/v1/revisions", {
    body: { documents: [spec], rollout: LAB },
  });
  assert.equal((jsonOf(applied) as Applied).revision, 3);
});

test("what more devices would get at once than may has to spread, or to say now; what one more packet means is seen by each device's own view", async () => {
  await using server = await begin({ maxAtOnce: 2 });
  assert.equal(codeOf(await add(server, {})), "TOO_MANY_AT_ONCE");
  assert.equal((jsonOf(await add(server, { plan: { waves: ["1"] } })) as Added).rollout, 2);
  const impact = await get<{ devices: number }>(server, "/v1/impact?name=app&tags=v1,x86,z");
  assert.equal(impact.devices, 0, "no device has the tag z");
  const plain = await add(server, {}, ["v1", "lab", "x86"]);
  assert.equal(plain.status, 200, plain.body.toString());
  assert.equal((await found(server))[0], 3);
});

test("a packet that spreads is refused when it owns what another packet of its devices owns, then or while rollouts go on", async () => {
  await using server = await begin();
  await addPacket(server, "other", ["v1"]);
  const other = { name: "other", tags: ["v1"] };
  const apply = async (selector: readonly string[], rollout: object): Promise<void> => {
    const documents = [{ kind: "spec", id: "t", selector, apps: [other] }];
    const { status, body } = await server.send("admin", "POST", "/v1/revisions", {
      body: { documents, rollout },
    });
    assert.equal(status, 200, body.toString());
  };
  // Only the first device has them, which is not admitted to the rollout of the other one yet.
  const tags = ["v1", "lab"];
  const refused = async (): Promise<string> => {
    const answer = await add(server, LAB, tags, "opt/other");
    assert.deepEqual([answer.status, codeOf(answer)], [409, "PATH_CONFLICT"], answer.body.toString());
    assert.equal((await get<object[]>(server, "/v1/packets")).length, 2);
    return (jsonOf(answer) as { message: string }).message;
  };
  await reportTags(server, "device-2", ["x86", "first"]);
  await apply([], { plan: { waves: ["tag:first"] } });
  assert.match(await refused(), /^while rollouts go on, .*both contain \/opt\/other.* on device-1$/);
  await apply(["x86"], { now: true });
  for (let tries = 0; tries < 2; tries += 1)
    assert.match(await refused(), /^app and other both contain \/opt\/other on device-1$/);
  // Whom it is not for is in nobody's way.
  assert.equal((await add(server, LAB, [...tags, "none"], "opt/other")).status, 200);
  assert.equal((await add(server, LAB, tags)).status, 200);
});

test("a packet whose rollout was taken back is refused when it comes again; removed by force, its rollout is over", async () => {
  await using server = await begin();
  const { packet } = jsonOf(await add(server, LAB)) as Added;
  const path = `/v1/packets/${packet.digest}`;
  assert.equal(codeOf(await server.send("admin", "DELETE", path)), "PACKET_IN_USE");
  assert.equal((await server.send("admin", "DELETE", `${path}?force=true`)).status, 204);
  assert.deepEqual(await found(server), [1, 1, 1]);
  for (const rollout of [LAB, {}, { now: true }])
    assert.equal(codeOf(await add(server, rollout)), "ROLLOUT_REVERTED");
  const meant = jsonOf(await add(server, { ...LAB, again: true })) as Added;
  assert.equal(meant.rollout, 4);
  assert.deepEqual(await found(server), [2, 1, 1]);
});

test("what is wrong in how it is to spread is said before anything is read; empty waves are warned of", async () => {
  await using server = await begin();
  assert.equal(codeOf(await add(server, { plan: { waves: ["0"] } })), "ROLLOUT_INVALID");
  const { warnings } = jsonOf(await add(server, { plan: { waves: ["tag:nowhere"] } })) as Added;
  assert.match(warnings.join(), /wave 1 \(tag:nowhere\)/);
});
