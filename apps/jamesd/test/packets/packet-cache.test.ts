import assert from "node:assert/strict";
import { test } from "node:test";
import { makePacket, type Packet, sha256 } from "@jamesd/model";
import { PacketCache } from "../../src/packets/packet-cache.ts";

function packet(name: string, files: number): Packet {
  const manifest = Array.from({ length: files }, (_, i) => ({
    type: "file" as const,
    path: `opt/${name}/${i}`,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 1,
    digest: sha256("x"),
  }));
  return makePacket({ name, tags: [], scripts: {}, manifest });
}

test("reads each packet once, for all who ask at once too, and holds those that were asked for last", async () => {
  const [a, b, c, large] = [packet("a", 4), packet("b", 4), packet("c", 4), packet("large", 20)];
  const stored = new Map([a, b, c, large].map((one) => [one.digest, one]));
  const read: string[] = [];
  const cache = new PacketCache(
    {
      async get(digest) {
        read.push(stored.get(digest)?.name ?? "unknown");
        return stored.get(digest);
      },
    },
    10,
  );
  const get = async (...wanted: Packet[]) =>
    assert.deepEqual(await Promise.all(wanted.map(({ digest }) => cache.get(digest))), wanted);
  await get(a, a);
  await get(b);
  await get(a);
  assert.deepEqual(read, ["a", "b"]);
  await get(c);
  await get(a);
  assert.deepEqual(read, ["a", "b", "c"]);
  await get(b);
  assert.deepEqual(read, ["a", "b", "c", "b"]);
  // One that is larger than all together is held alone.
  await get(large);
  await get(large);
  await get(a);
  assert.deepEqual(read.slice(4), ["large", "a"]);
  assert.equal(await cache.get(sha256("none")), undefined);
  assert.equal(await cache.get(sha256("none")), undefined);
  assert.deepEqual(read.slice(6), ["unknown", "unknown"]);
});

test("what a bundle holds is worked out once for a packet that is held", async () => {
  const stored = packet("a", 4);
  const cache = new PacketCache({ get: async () => stored });
  const bundles = [1, 2].map(async () => cache.bundle((await cache.get(stored.digest)) as Packet));
  const [first, second] = await Promise.all(bundles);
  assert.equal(first, second);
  assert.equal(first?.length, 1, "one content under four names");
});
