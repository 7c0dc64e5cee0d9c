import assert from "node:assert/strict";
import { test } from "node:test";
import { PacketTexts } from "../../src/packets/packet-texts.ts";

/** Texts of packets that are as long as their names say, and what was read of them. */
function texts(maxBytes: number) {
  const read: string[] = [];
  const json = async (digest: string) => {
    read.push(digest);
    return digest === "none" ? undefined : Buffer.alloc(Number(digest.slice(1)));
  };
  return { texts: new PacketTexts({ json }, maxBytes), read };
}

test("a packet is made into JSON once for all who read it, also at once; those used last stay", async () => {
  const { texts: all, read } = texts(10);
  const [one, other] = await Promise.all([all.use("a4"), all.use("a4")]);
  assert.equal(one.bytes, other.bytes);
  for (const text of [one, other]) text.release();
  (await all.use("b4")).release();
  (await all.use("a4")).release();
  (await all.use("c4")).release();
  assert.deepEqual([read, all.bytes], [["a4", "b4", "c4"], 8]);
  (await all.use("a4")).release();
  (await all.use("b4")).release();
  assert.deepEqual(read, ["a4", "b4", "c4", "b4"]);
});

test("what is being read is never more than may be held, but for one that is longer than all", async () => {
  const { texts: all } = texts(10);
  const a = await all.use("a6");
  await assert.rejects(all.use("b6"), { code: "SERVER_BUSY" });
  a.release();
  const b = await all.use("b6");
  assert.equal(all.bytes, 6);
  b.release();
  const large = await all.use("c20");
  assert.equal(all.bytes, 20);
  await assert.rejects(all.use("a6"), { code: "SERVER_BUSY" });
  large.release();
  await all.use("a6");
  await assert.rejects(all.use("none"), { code: "PACKET_UNKNOWN" });
});
