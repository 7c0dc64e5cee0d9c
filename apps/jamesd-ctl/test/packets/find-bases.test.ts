import assert from "node:assert/strict";
import { test } from "node:test";
import { type Digest, sha256 } from "@jamesd/model";
import type { PacketInfo } from "@jamesd/protocol";
import { findBases } from "../../src/packets/find-bases.ts";
import { withServer } from "../answering-server.ts";

function packet(sequence: number, ...tags: string[]): PacketInfo {
  const digest = sha256(tags.join());
  return { digest, name: "vpn", tags, scripts: [], sequence, files: 1, size: 1, uploaded: 0, author: "anna" };
}

const [ARM, X64, NEWER] = [
  packet(1, "v1", "arm"),
  packet(3, "v1", "x64"),
  packet(2, "v1", "arm", "fix"),
] as const;

async function find(...given: string[]): Promise<readonly Digest[]> {
  let found: readonly Digest[] = [];
  await withServer(
    () => [X64, NEWER, ARM],
    async (client) => {
      found = await findBases(client, "vpn", ["v2", "arm"], given, new AbortController().signal);
    },
  );
  return found;
}

test("a packet is found by its digest, or by some tags: the one most like the new packet, then the newest", async () => {
  assert.deepEqual(await find(X64.digest), [X64.digest]);
  assert.deepEqual(await find("v1"), [NEWER.digest]);
  assert.deepEqual(await find("x64,v1"), [X64.digest]);
  assert.deepEqual(await find("v1", NEWER.digest), [NEWER.digest], "each once");
  assert.deepEqual(await find(), []);
});

test("what is not there is told before anything is sent", async () => {
  for (const given of ["v0", sha256("nothing")])
    await assert.rejects(find(given), { code: "PACKET_UNKNOWN" });
  await assert.rejects(find("a b"), { code: "TAG_INVALID" });
});
