import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { type FileEntry, makePacket, sha256 } from "@jamesd/model";
import { memoryFolder } from "@jamesd/testkit";
import { oneChunk } from "../../src/blobs/blob-store.ts";
import { neededBlobs } from "../../src/data/needed-blobs.ts";
import { openStores } from "../../src/data/stores.ts";
import { Catalogue } from "../../src/packets/catalogue.ts";
import { MadeRoom } from "../../src/packets/made-room.ts";
import { WholeBundles } from "../../src/packets/whole-bundles.ts";
import type { MadeStore } from "../../src/repository/made-store.ts";

test("a collection just before a whole bundle is known does not take it", async () => {
  const dir = memoryFolder("jamesd-bundles-");
  const stores = await openStores(dir);
  try {
    const { blobs, repository } = stores;
    const manifest: FileEntry[] = [];
    for (const path of ["a", "b", "c", "d"]) {
      const blob = await blobs.put(oneChunk(Buffer.from(`${path}\n`.repeat(10_000))));
      manifest.push({ type: "file", path, mode: 0o644, uid: 0, gid: 0, ...blob });
    }
    const packet = makePacket({ name: "app", tags: [], scripts: {}, manifest });
    await repository.packets.add(packet, { author: "olga", address: "10.0.0.1", time: 1 });
    const late: Pick<MadeStore, "wholeBundle" | "saveWholeBundle"> = {
      wholeBundle: (digest) => repository.made.wholeBundle(digest),
      saveWholeBundle: async (digest, bundle) => {
        await blobs.collect(() => neededBlobs(repository));
        await repository.made.saveWholeBundle(digest, bundle);
      },
    };
    const catalogue = new Catalogue(await repository.packets.all());
    const failed = (thrown: unknown): never => assert.fail(String(thrown));
    const now = Date.now;
    const isToGet = async (): Promise<boolean> => true;
    const room = new MadeRoom({
      made: repository.made,
      maxBytes: 2 ** 20,
      now,
      collect: async () => undefined,
    });
    const bundles = new WholeBundles({
      catalogue,
      made: late,
      packets: repository.packets,
      isToGet,
      blobs,
      room,
      failed,
      now,
    });
    const { signal } = new AbortController();
    const bundle = await bundles.get(packet.digest, { who: "d", waitMs: 60_000, signal });
    const whole = manifest.map(({ path }) => `${path}\n`.repeat(10_000)).join("");
    assert.deepEqual(bundle, { digest: sha256(whole), size: whole.length });
    assert.equal(await blobs.check(sha256(whole)), "sound");
    await bundles.close();
  } finally {
    await stores.close();
    rmSync(dir, { recursive: true });
  }
});
