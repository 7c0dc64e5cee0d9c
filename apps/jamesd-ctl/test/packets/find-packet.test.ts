import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, JamesError, sha256 } from "@jamesd/model";
import type { PacketInfo } from "@jamesd/protocol";
import { checkQuery, choosePacket, findNamed, parsePacketWord } from "../../src/packets/find-packet.ts";
import { withServer } from "../answering-server.ts";

function packet(name: string, tags: string[]): PacketInfo {
  const digest = sha256(`${name} ${tags.join()}`);
  return { digest, name, tags, scripts: [], sequence: 1, files: 1, size: 1, uploaded: 0, author: "anna" };
}

const ARM = packet("vpn", ["v1", "arm"]);
const X64 = packet("vpn", ["v1", "x64"]);
const BARE = packet("vpn", []);
const KNOWN = [ARM, X64, packet("other", [])];

function choose(query: { name?: string; tags?: string[]; digest?: string }, loose = false, known = KNOWN) {
  return choosePacket(known, { name: undefined, tags: undefined, digest: undefined, ...query }, loose);
}

function refused(act: () => unknown, code: ErrorCode, ...words: string[]): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof JamesError && error.code === code, String(error));
    const said = `${error.message} ${error.hint}`;
    for (const word of words) assert.ok(said.includes(word), `${said} lacks ${word}`);
    return true;
  });
}

test("the whole tags choose, whatever their order", () => {
  assert.equal(choose({ name: "vpn", tags: ["arm", "v1"] }), ARM);
  assert.equal(choose({ name: "vpn", tags: [] }, false, [...KNOWN, BARE]), BARE);
});

test("a name alone chooses its only packet, and names the others when there are more", () => {
  assert.equal(choose({ name: "other" }).name, "other");
  refused(() => choose({ name: "vpn" }), "PACKET_AMBIGUOUS", "v1,arm", "v1,x64", "--digest");
});

test("some of the tags are enough to show a packet, not to delete it", () => {
  assert.equal(choose({ name: "vpn", tags: ["arm"] }, true), ARM);
  refused(() => choose({ name: "vpn", tags: ["arm"] }), "PACKET_UNKNOWN", "v1,arm");
  refused(() => choose({ name: "vpn", tags: ["v1"] }), "PACKET_AMBIGUOUS");
  refused(() => choose({ name: "vpn", tags: ["v1"] }, true), "PACKET_AMBIGUOUS");
});

test("the digest or its first digits choose", () => {
  assert.equal(choose({ digest: ARM.digest }), ARM);
  assert.equal(choose({ digest: X64.digest.slice(0, 8) }), X64);
  refused(() => choose({ digest: "0".repeat(64) }), "PACKET_UNKNOWN");
});

test("what is not there is said with what is", () => {
  refused(() => choose({ name: "nope" }), "PACKET_UNKNOWN", "nope");
  refused(() => choose({ name: "vpn", tags: ["v2"] }), "PACKET_UNKNOWN", "v2", "v1,arm");
});

test("a query that says too much or too little is a usage error", () => {
  const none = { name: undefined, tags: undefined, digest: undefined };
  for (const query of [
    none,
    { ...none, tags: ["a"] },
    { ...none, name: "a", digest: ARM.digest },
    { ...none, digest: "xyz" },
    { ...none, digest: "" },
  ])
    refused(() => checkQuery(query), "USAGE");
  refused(() => checkQuery({ ...none, name: "" }), "NAME_INVALID");
});

test("one word names a packet by its name, with tags or without, or by the first digits of its digest", async () => {
  const hexName = packet("abcdef", []);
  const known = [...KNOWN, hexName];
  const find = async (word: string) => {
    let found: PacketInfo | undefined;
    await withServer(
      ({ path, query }) => {
        if (path !== "/v1/packets") return known.find(({ digest }) => path.endsWith(digest)) ?? known;
        return known.filter(({ name }) => query.name === undefined || name === query.name);
      },
      async (client) => {
        found = await findNamed(client, parsePacketWord(word), new AbortController().signal);
      },
    );
    return found;
  };
  assert.deepEqual(await find("other"), packet("other", []));
  assert.deepEqual(await find("vpn=arm,v1"), ARM);
  assert.deepEqual(await find("vpn=x64"), X64);
  assert.deepEqual(await find(ARM.digest.slice(0, 8)), ARM);
  assert.deepEqual(await find("abcdef"), hexName, "a name counts more than digits");
  await assert.rejects(find("vpn"), { code: "PACKET_AMBIGUOUS" });
  await assert.rejects(find("fedcba"), { code: "PACKET_UNKNOWN" });
  assert.throws(() => parsePacketWord("a b"), { code: "NAME_INVALID" });
  assert.deepEqual(parsePacketWord("vpn=").tags, []);
});
