import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { writeArchive } from "@jamesd/archive";
import { type Content, type Digest, type FileEntry, sha256 } from "@jamesd/model";
import { collectData } from "../src/data/gc.ts";
import { addPacket, NOTHING, wish } from "./http-seed.ts";
import { codeOf, jsonOf, TestServer } from "./http-server.ts";

let server: TestServer;
before(async () => {
  server = await TestServer.start();
});
after(() => server[Symbol.asyncDispose]());

/** Adds a packet with files of these contents, in this order, which devices are to get. */
async function add(
  name: string,
  contents: readonly (string | Buffer)[],
  devices: readonly string[] = ["device-1"],
): Promise<Digest> {
  const bytes = contents.map((content) => Buffer.from(content));
  const files = bytes.map((content, n): FileEntry => {
    const path = String(n).padStart(4, "0");
    return { type: "file", path, mode: 0o644, uid: 0, gid: 0, size: content.length, digest: sha256(content) };
  });
  const open = (digest: Digest) =>
    Readable.from(bytes.filter((content) => sha256(content) === digest).slice(0, 1));
  const packet = await addPacket(server, name, ["v1"], await buffer(writeArchive(files, open)));
  for (const id of devices) await wish(server, id, { name, tags: ["v1"] });
  return packet;
}

/** Contents of about 2 KB each, or more times that, which only say who they are. */
const texts = (who: string, count: number, times = 1): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${who} ${n}\n`.repeat(200 * times));

const ask = (packet: Digest, wait = 60, who = "device-1") =>
  server.send(who, "GET", `/v1/packets/${packet}/whole-bundle`, { headers: { prefer: `wait=${wait}` } });

async function bundleOf(packet: Digest): Promise<Content> {
  const answer = await ask(packet);
  assert.equal(answer.status, 200, answer.body.toString());
  return jsonOf(answer) as Content;
}

const fileOf = (digest: Digest): string =>
  join(server.dataDir, "blobs", digest.slice(0, 2), `${digest}.best.zst`);

describe("whole bundles", () => {
  test("a whole bundle is a blob, sent compressed, with each small content once", async () => {
    const contents = texts("plain", 100);
    const large = "large ".repeat(20_000);
    const packet = await add("plain", [contents[7] ?? "", "", large, ...contents]);
    const answer = await ask(packet);
    assert.equal(answer.headers["cache-control"], "no-store");
    const { digest, size } = jsonOf(answer) as Content;
    const expected = [contents[7], ...contents.toSpliced(7, 1)].join("");
    assert.deepEqual([digest, size], [sha256(expected), expected.length]);
    const headers = { "accept-encoding": "br" };
    const blob = await server.send("device-1", "GET", `/v1/blobs/${digest}`, { headers });
    assert.deepEqual([blob.status, blob.headers["content-encoding"]], [200, "br"]);
    assert.ok(blob.body.length < size / 10, `${blob.body.length} bytes`);
    assert.equal(brotliDecompressSync(blob.body).toString(), expected);
  });

  test("is made once for all who ask at once", async () => {
    const packet = await add("once", texts("once", 100, 20), ["device-1", "device-2"]);
    const written = new Set<string>();
    const watcher = watch(join(server.dataDir, "blobs", "tmp"), (_, name) => written.add(name ?? ""));
    assert.equal((await ask(packet, 0)).status, 204, "who does not wait gets none, but has it made");
    const answers = await Promise.all(["device-1", "device-2"].map((who) => ask(packet, 60, who)));
    const bundles = answers.map((answer) => JSON.stringify(jsonOf(answer)));
    assert.equal(new Set(bundles).size, 1);
    const { digest } = JSON.parse(bundles[0] ?? "") as Content;
    assert.deepEqual(await bundleOf(packet), JSON.parse(bundles[0] ?? ""));
    watcher.close();
    assert.ok(existsSync(fileOf(digest)));
    assert.equal(written.size, 1, "files that were written");
  });

  test("is made anew when its blob is damaged or gone", async () => {
    const packet = await add("damaged", texts("damaged", 100));
    const bundle = await bundleOf(packet);
    for (const spoil of [
      () => writeFileSync(fileOf(bundle.digest), "damaged"),
      () => rmSync(fileOf(bundle.digest)),
    ]) {
      spoil();
      assert.deepEqual(await bundleOf(packet), bundle);
      const { status, body } = await server.send("device-1", "GET", `/v1/blobs/${bundle.digest}`);
      assert.deepEqual([status, sha256(body)], [200, bundle.digest]);
    }
  });

  test("there is none of at most 64 KiB, nor of what does not become shorter, and nothing of it is stored", async () => {
    const short = await add("short", ["x".repeat(65_536)]);
    const noise = Array.from({ length: 200 }, () => randomBytes(2000));
    const noisy = await add("noise", noise);
    const digest = sha256(Buffer.concat(noise));
    for (const packet of [short, noisy])
      for (let time = 0; time < 2; time += 1) assert.equal((await ask(packet)).status, 204);
    const folder = join(server.dataDir, "blobs", digest.slice(0, 2));
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith(digest)),
      [],
    );
  });

  test("there is none of a packet that is not there, nor of one with a damaged content", async () => {
    const unknown = await ask(NOTHING);
    assert.deepEqual([unknown.status, codeOf(unknown)], [404, "PACKET_UNKNOWN"]);
    const contents = texts("broken", 300);
    const packet = await add("broken", contents);
    const digest = sha256(contents.at(-1) ?? "");
    writeFileSync(join(server.dataDir, "blobs", digest.slice(0, 2), digest), "short");
    assert.equal((await ask(packet)).status, 204);
  });

  test("is made for a device only that is to get the packet", async () => {
    const packet = await add("mine", texts("mine", 100));
    for (const who of ["admin", "watcher"]) assert.equal((await ask(packet, 60, who)).status, 204);
    assert.equal((await ask(packet, 60, "device-2")).status, 404);
    const bundle = await bundleOf(packet);
    assert.deepEqual(jsonOf(await ask(packet, 0, "watcher")), bundle);
  });

  test("is kept by a collection, and goes with its packet", async () => {
    const packet = await add("kept", texts("kept", 100));
    const bundle = await bundleOf(packet);
    await collectData(server.dataDir);
    assert.ok(existsSync(fileOf(bundle.digest)));
    assert.deepEqual(await bundleOf(packet), bundle);
    assert.equal((await server.send("admin", "DELETE", `/v1/packets/${packet}?force=true`)).status, 204);
    assert.equal((await ask(packet)).status, 404);
    await collectData(server.dataDir);
    assert.ok(!existsSync(fileOf(bundle.digest)));
  });
});
