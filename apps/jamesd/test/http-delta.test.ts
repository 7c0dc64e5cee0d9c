import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { writeArchive } from "@jamesd/archive";
import { applyDelta, type DeltaSource, denseText, plainText, splitPair } from "@jamesd/delta";
import { type Digest, type Entry, type Packet, packetText, sha256 } from "@jamesd/model";
import type { Delta } from "@jamesd/protocol";
import { waitFor } from "@jamesd/testkit";
import { addPacket, NOTHING, wish } from "./http-seed.ts";
import { codeOf, jsonOf, TestServer } from "./http-server.ts";

let server: TestServer;
before(async () => {
  server = await TestServer.start();
});
after(() => server[Symbol.asyncDispose]());

const OLD = randomBytes(300_000);
const NEW = Buffer.concat([OLD.subarray(1000), Buffer.from("a new end")]);

/** Adds a packet with one file of this content. */
async function add(
  name: string,
  tag: string,
  content: Buffer,
  deltaFrom?: readonly Digest[],
): Promise<Digest> {
  const base = { uid: 0, gid: 0, mode: 0o755 };
  const file: Entry = {
    ...base,
    type: "file",
    path: "opt/tool",
    size: content.length,
    digest: sha256(content),
  };
  const manifest: Entry[] = [{ ...base, type: "directory", path: "opt" }, file];
  const archive = await buffer(writeArchive(manifest, () => Readable.from([content])));
  return addPacket(server, name, [tag], archive, deltaFrom);
}

const ask = (base: Digest, target: Digest, wait = 60, who = "device-1") =>
  server.send(who, "GET", `/v1/packets/${target}/delta?base=${base}`, {
    headers: { prefer: `wait=${wait}` },
  });

/** Waits until a delta is there: somebody asks for it who cannot have it made. */
async function made(base: Digest, target: Digest): Promise<void> {
  await waitFor("a delta", async () => (await ask(base, target, 0, "watcher")).status === 200 || undefined);
}

/** Has devices that have the first version of an app want the second. */
async function upgrade(name: string, old: Digest, devices = ["device-1"]): Promise<void> {
  for (const id of devices)
    await wish(server, id, { name, tags: ["v2"] }, { name, tags: ["v1"], digest: old });
}

const sourceOf = (bytes: Buffer): DeltaSource => ({
  size: bytes.length,
  slice: (start, end) => Readable.from([bytes.subarray(start, end)]),
});

async function blob(digest: Digest): Promise<Buffer> {
  const { status, body } = await server.send("device-1", "GET", `/v1/blobs/${digest}`);
  assert.equal(status, 200);
  return body;
}

const packet = async (digest: Digest): Promise<Packet> =>
  jsonOf(await server.send("device-1", "GET", `/v1/packets/${digest}`)) as Packet;

async function apply(delta: DeltaSource, base: Buffer): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const held = { size: base.length, read: (at: number, into: Uint8Array) => void base.copy(into, 0, at) };
  for await (const piece of applyDelta(delta, held, 1_000_000)) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

describe("deltas", () => {
  test("a delta turns one packet into the other, and is a blob", async () => {
    const [old, next] = [await add("vpn", "v1", OLD), await add("vpn", "v2", NEW)];
    await upgrade("vpn", old);
    const answer = await ask(old, next);
    assert.equal(answer.status, 200, answer.body.toString());
    assert.equal(answer.headers["cache-control"], "no-store");
    const { digest, size } = jsonOf(answer) as Delta;
    const delta = await blob(digest);
    assert.equal(delta.length, size);
    assert.ok(size < 100, `${size} bytes`);
    const [text, contents] = await splitPair(sourceOf(delta));
    const [from, to] = [await packet(old), await packet(next)];
    assert.equal(plainText(await apply(text, Buffer.from(denseText(packetText(from))))), packetText(to));
    assert.deepEqual(await apply(contents, OLD), NEW);
  });

  test("is made once for all who ask at once, and again when its blob is damaged", async () => {
    const [old, next] = [await add("once", "v1", OLD), await add("once", "v2", NEW)];
    await upgrade("once", old, ["device-1", "device-2"]);
    const answers = await Promise.all(["device-1", "device-2"].map((who) => ask(old, next, 60, who)));
    // Who does not need it hears of one that is there.
    answers.push(await ask(old, next, 0, "watcher"));
    const deltas = answers.map((answer) => JSON.stringify(jsonOf(answer)));
    assert.equal(new Set(deltas).size, 1);
    const { digest } = JSON.parse(deltas[0] ?? "") as Delta;
    writeFileSync(join(server.dataDir, "blobs", digest.slice(0, 2), digest), "damaged");
    assert.deepEqual(JSON.stringify(jsonOf(await ask(old, next))), deltas[0]);
    assert.equal(sha256(await blob(digest)), digest);
  });

  test("there is none between other packets, of what is unknown, or to itself", async () => {
    const [old, other] = [await add("a", "v1", OLD), await add("b", "v1", NEW)];
    await wish(server, "device-1", { name: "b", tags: ["v1"] }, { name: "a", tags: ["v1"], digest: old });
    for (const [base, target] of [
      [old, other],
      [old, old],
      [NOTHING, old],
      [old, NOTHING],
    ] as const)
      assert.equal((await ask(base, target)).status, 204);
    const bad = await server.send("device-1", "GET", `/v1/packets/${old}/delta`);
    assert.deepEqual([bad.status, codeOf(bad)], [400, "REQUEST_INVALID"]);
  });

  test("is made for a device only that has the one packet and is to get the other", async () => {
    const old = await add("mine", "v1", OLD);
    const [next, other] = [await add("mine", "v2", NEW), await add("mine", "v3", NEW.subarray(1))];
    await upgrade("mine", old);
    await wish(server, "device-2", { name: "mine", tags: ["v2"] });
    for (const [who, base, target] of [
      ["admin", old, other],
      ["watcher", old, other],
      ["device-2", old, other],
      ["device-1", old, other],
      ["device-1", next, old],
    ] as const)
      assert.equal((await ask(base, target, 60, who)).status, 204, `${who} ${base} ${target}`);
    assert.equal((await ask(old, next, 60, "device-1")).status, 200);
  });

  test("is made when a desired state is set, before a device asks for it", async () => {
    const [old, next] = [await add("ahead", "v1", OLD), await add("ahead", "v2", NEW)];
    await upgrade("ahead", old);
    await made(old, next);
  });

  test("is made when a packet is added that says so, and never for more than is taken", async () => {
    const old = await add("ordered", "v1", OLD);
    await made(old, await add("ordered", "v2", NEW, [old, NOTHING]));
    const body = { name: "x", tags: [], upload: NOTHING, scripts: {}, deltaFrom: Array(9).fill(old) };
    const refused = await server.send("admin", "POST", "/v1/packets", { body });
    assert.deepEqual([refused.status, codeOf(refused)], [400, "REQUEST_INVALID"]);
  });

  test("there is none that would take too much memory to make", async () => {
    const large = Buffer.alloc(2 ** 26);
    const [old, next] = [await add("large", "v1", large), await add("large", "v2", large.subarray(1))];
    await upgrade("large", old);
    assert.equal((await ask(old, next)).status, 204);
  });

  test("goes with a packet that it is for", async () => {
    const [old, next] = [await add("gone", "v1", OLD), await add("gone", "v2", NEW)];
    await upgrade("gone", old);
    assert.equal((await ask(old, next)).status, 200);
    assert.equal((await server.send("admin", "DELETE", `/v1/packets/${old}?force=true`)).status, 204);
    assert.equal((await ask(old, next)).status, 204);
  });
});
