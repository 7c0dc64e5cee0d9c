import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "@jamesd/archive/safe-path";
import {
  type Digest,
  digestOfText,
  type FileEntry,
  makePacket,
  type Packet,
  packetText,
} from "@jamesd/model";
import { makeLayout, packetFile } from "../../../src/transaction/disk/layout.ts";
import { readPacketText } from "../../../src/transaction/fetch/packet-alike.ts";
import { PacketStore } from "../../../src/transaction/fetch/packet-store.ts";
import { Bench } from "../fixture.ts";

function file(path: string, more: Partial<FileEntry> = {}): FileEntry {
  return { digest: "0".repeat(64), gid: 0, mode: 0o644, path, size: 0, type: "file", uid: 0, ...more };
}

function made(manifest: readonly FileEntry[], more: Partial<Packet> = {}): Packet {
  return makePacket({ name: "app", tags: [], scripts: {}, ...more, manifest });
}

function scene() {
  const bench = new Bench();
  const layout = makeLayout(bench.state);
  const store = () => new PacketStore(layout, DEFAULT_LIMITS);
  /** Takes a packet's text as it comes behind an installed packet. */
  const take = (text: string, installed: Packet, digest: Digest = digestOfText(text)) => {
    const came = readPacketText(digest, text, { packet: installed, text: packetText(installed) });
    return store().take(digest, came.packet, came.text, came.unchecked);
  };
  return { layout, store, take, [Symbol.dispose]: () => bench[Symbol.dispose]() };
}

test("a packet that came as its text is kept as that, and found again with the entries that it shares", () => {
  using where = scene();
  const old = made([file("a"), file("b"), file("c")]);
  const next = made([file("a"), file("b", { size: 1 }), file("d")]);
  const packet = where.take(packetText(next), old);
  assert.deepEqual(packet, next);
  assert.equal(packet.manifest[0], old.manifest[0]);
  // As the first jamesc of all reads it.
  const kept: object = JSON.parse(readFileSync(packetFile(where.layout, next.digest), "utf8"));
  assert.deepEqual(kept, { ...JSON.parse(packetText(next)), digest: next.digest });
  assert.deepEqual(where.store().findWithText(next.digest), { packet: next, text: packetText(next) });
});

test("one that an earlier jamesc kept is found as well, and a damaged one is not", () => {
  using where = scene();
  const packet = made([file("a")], { conffiles: ["a"] });
  const kept = packetFile(where.layout, packet.digest);
  writeFileSync(kept, JSON.stringify(packet));
  assert.deepEqual(where.store().findWithText(packet.digest), { packet, text: packetText(packet) });
  assert.deepEqual(where.store().conffilesOf(packet.digest), ["a"]);
  where.take(packetText(packet), packet);
  const whole = readFileSync(kept, "utf8");
  for (const [from, to] of [
    ['"size":0', '"size":1'],
    [packet.digest, "0".repeat(64)],
    ["{", "["],
  ] as const) {
    writeFileSync(kept, whole.replace(from, to));
    const found = where.store().findWithText(packet.digest);
    assert.ok(found === undefined || found.text === packetText(packet), to);
  }
  writeFileSync(kept, whole.replace('"size":0', '"size":1'));
  assert.equal(where.store().find(packet.digest), undefined);
});

test("what is not safe, or is said in words that this jamesc does not know, is refused beside an installed packet as well", () => {
  using where = scene();
  const old = made([file("a"), file("b"), file("setuid", { mode: 0o4755 })], { setid: true });
  const refused = (text: string, code: string, digest?: Digest) =>
    assert.throws(() => where.take(text, old, digest), { code }, text);
  const text = (...manifest: readonly FileEntry[]) => packetText(made(manifest));
  refused(text(file("../a"), file("b")), "ARCHIVE_UNSAFE");
  refused(text(file("a"), file("b"), file("b/c")), "ARCHIVE_UNSAFE");
  refused(text(file("a"), file("b", { sameAs: "a", size: 1 })), "ARCHIVE_UNSAFE");
  refused(text(file("a"), file("setuid", { mode: 0o4755 })), "ARCHIVE_UNSAFE");
  const right = text(file("a"), file("b", { size: 1 }));
  refused(right, "DIGEST_MISMATCH", old.digest);
  for (const [from, to] of [
    ['"size":1', '"size":1,"stranger":1'],
    ['"size":1', '"size":"1"'],
    ['"size":1', '"size":1 '],
    ['"name"', '"later":1,"name"'],
    ['{"manifest"', '{"manifest":[],"manifest"'],
    ["}],", ",{}],"],
  ] as const)
    refused(right.replace(from, to), "DIGEST_MISMATCH");
  const [one, other] = [packetText(made([file("a")])), packetText(made([file("b")]))].map((whole) =>
    whole.slice(whole.indexOf("[") + 1, whole.indexOf("]")),
  );
  for (const manifest of [`${other},${one}`, `${one},${one}`])
    assert.throws(() => where.take(right.replace(/\[.*?\]/, `[${manifest}]`), old), {
      code: /^(ARCHIVE_UNSAFE|DIGEST_MISMATCH)$/,
    });
});
