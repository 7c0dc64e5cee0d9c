import assert from "node:assert/strict";
import { test } from "node:test";
import { type Digest, type FileEntry, makePacket, type Packet, sha256 } from "@jamesd/model";
import fc from "fast-check";
import { PacketContents } from "../../src/packets/packet-contents.ts";

function packet(name: string, contents: readonly string[]): Packet {
  const owner = { mode: 0o644, uid: 0, gid: 0 };
  const manifest = contents.map(
    (content, i): FileEntry => ({
      ...{ type: "file", path: `opt/${name}/${i}`, ...owner },
      ...{ size: content.length, digest: sha256(content) },
    }),
  );
  return makePacket({ name, tags: [], scripts: {}, manifest });
}

/** What gives these packets, and says which were read. */
function storeOf(packets: readonly Packet[]) {
  const stored = new Map(packets.map((one) => [one.digest, one]));
  const read: string[] = [];
  const get = async (digest: Digest): Promise<Packet | undefined> => {
    const found = stored.get(digest);
    read.push(found?.name ?? "unknown");
    return found;
  };
  const catalogue = { get: (digest: Digest) => (stored.has(digest) ? ({ digest } as never) : undefined) };
  return { stored, read, get, catalogue };
}

test("law: a packet has a content when one of its files or scripts has it", async () => {
  const texts = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(texts, texts, async (inside, others) => {
      const one = packet("one", inside);
      const contents = new PacketContents(storeOf([one]), storeOf([one]).catalogue);
      for (const text of [...inside, ...others])
        assert.equal(await contents.has(one.digest, sha256(text)), inside.includes(text), text);
    }),
    { numRuns: 50 },
  );
  const digest = sha256("script");
  const scripted = makePacket({
    name: "s",
    tags: [],
    scripts: { preinst: { digest, size: 6 } },
    manifest: [],
  });
  const store = storeOf([scripted]);
  assert.ok(await new PacketContents(store, store.catalogue).has(scripted.digest, digest));
});

test("a packet is read once, for all who ask at once too, and those that were asked for last are held", async () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => packet(name, [`${name}1`, `${name}2`])) as [
    Packet,
    Packet,
    Packet,
  ];
  const large = packet("large", ["1", "2", "3", "4", "5", "6"]);
  const store = storeOf([a, b, c, large]);
  const contents = new PacketContents(store, store.catalogue, 4 * 32);
  const ask = (one: Packet) => contents.has(one.digest, sha256(`${one.name}2`));
  assert.deepEqual(await Promise.all([ask(a), ask(a)]), [true, true]);
  await ask(b);
  await ask(a);
  assert.deepEqual(store.read, ["a", "b"]);
  await ask(c);
  await ask(b);
  assert.deepEqual(store.read, ["a", "b", "c", "b"]);
  // One that is larger than all together is held alone.
  assert.equal(await contents.has(large.digest, sha256("6")), true);
  assert.equal(await contents.has(large.digest, sha256("7")), false);
  assert.deepEqual(store.read.slice(4), ["large"]);
});

test("one that was removed has nothing any more, also when it is held", async () => {
  const one = packet("one", ["x"]);
  const store = storeOf([one]);
  const contents = new PacketContents(store, store.catalogue);
  assert.equal(await contents.has(one.digest, sha256("x")), true);
  store.stored.clear();
  assert.equal(await contents.has(one.digest, sha256("x")), false);
});
