import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { Digest } from "@jamesd/model";
import type { DeviceForm } from "../src/blobs/blob-store.ts";
import { Recompression } from "../src/blobs/recompression.ts";

/** A blob store that says when it is at work, and compresses a block each time that it is told to. */
class Scene {
  readonly hurried = new Set<Digest>();
  readonly blocks: Digest[] = [];
  readonly failures: unknown[] = [];
  readonly broken = new Set<Digest>();
  /** What does not come to its end before this does. */
  readonly held = new Map<Digest, Promise<void>>();
  readonly recompression = new Recompression({ blobs: this, failed: (thrown) => this.failures.push(thrown) });

  constructor(...digests: readonly Digest[]) {
    for (const digest of digests) this.hurried.add(digest);
  }

  /** Said when it is asked what was put before. */
  trouble: Error | undefined;

  async findHurried(): Promise<void> {
    if (this.trouble) throw this.trouble;
  }

  async recompress(
    digest: Digest,
    form: DeviceForm = "zstd",
    pace: () => Promise<void> = async () => undefined,
  ): Promise<void> {
    for (let block = 0; block < 3; block++) {
      await pace();
      if (this.broken.has(digest)) throw new Error(`${digest} is broken`);
      this.blocks.push(form === "zstd" ? digest : digest.toUpperCase());
      await setImmediate();
    }
    await this.held.get(digest);
    if (form === "zstd") this.hurried.delete(digest);
  }
}

/** Long enough for what does not wait to be done, pauses included. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await setTimeout(2);
}

async function until(is: () => boolean): Promise<void> {
  while (!is()) await setImmediate();
}

describe("what was put in a hurry is compressed", () => {
  test("after a start, one after the other", async () => {
    const scene = new Scene("a", "b");
    await scene.recompression.start();
    await until(() => scene.recompression.waiting === 0);
    assert.equal(scene.blocks.join(""), "aaabbb");
    await scene.recompression.close();
  });

  test("also where it could not be seen what there was before, which is told", async () => {
    const scene = new Scene("a");
    scene.trouble = new Error("the folder cannot be read");
    await scene.recompression.start();
    await until(() => scene.recompression.waiting === 0);
    assert.deepEqual(scene.failures, [scene.trouble]);
    await scene.recompression.close();
  });

  test("not while something is uploaded, also when that begins in the middle", async () => {
    const scene = new Scene("a");
    const first = scene.recompression.uploading();
    await scene.recompression.start();
    await turns();
    assert.deepEqual(scene.blocks, []);
    first[Symbol.dispose]();
    await until(() => scene.blocks.length === 1);
    const second = scene.recompression.uploading();
    await turns();
    const { length } = scene.blocks;
    assert.ok(length < 3);
    await turns();
    assert.equal(scene.blocks.length, length);
    second[Symbol.dispose]();
    await until(() => scene.recompression.waiting === 0);
    await scene.recompression.close();
  });

  test("at once when somebody asks for it, whatever else goes on", async () => {
    const scene = new Scene("a", "b", "c");
    const upload = scene.recompression.uploading();
    await scene.recompression.soon("b");
    assert.equal(scene.blocks.join(""), "bbb");
    upload[Symbol.dispose]();
    await until(() => scene.blocks.length === 4);
    const held = Promise.withResolvers<void>();
    scene.held.set("c", held.promise);
    const soon = scene.recompression.soon("c");
    await turns();
    // The one that had begun waits meanwhile, and goes on then.
    assert.equal(scene.blocks.join(""), "bbbaccc");
    held.resolve();
    await soon;
    await until(() => scene.recompression.waiting === 0);
    await scene.recompression.close();
  });

  test("once for all who ask", async () => {
    const scene = new Scene("a");
    await Promise.all(Array.from({ length: 5 }, () => scene.recompression.soon("a")));
    assert.equal(scene.blocks.join(""), "aaa");
    await scene.recompression.soon("unknown");
    await scene.recompression.close();
  });

  test("under brotli too, when that is asked for, and from then on whatever is uploaded", async () => {
    const scene = new Scene("a");
    await scene.recompression.start();
    await until(() => scene.recompression.waiting === 0);
    await Promise.all(Array.from({ length: 5 }, () => scene.recompression.soon("a", "brotli")));
    assert.equal(scene.blocks.join(""), "aaaAAA");
    scene.hurried.add("b");
    scene.recompression.uploading()[Symbol.dispose]();
    await until(() => scene.blocks.length === 12);
    await until(() => scene.recompression.waiting === 0);
    assert.equal(scene.blocks.join(""), "aaaAAAbbbBBB");
    await scene.recompression.close();
  });

  test("not again when it failed, until something is uploaded; nobody waits for it", async () => {
    const scene = new Scene("a", "b");
    scene.broken.add("a");
    await scene.recompression.start();
    await until(() => scene.recompression.waiting === 1);
    await scene.recompression.soon("a");
    assert.match(String(scene.failures), /^Error: a is broken$/);
    scene.broken.clear();
    scene.recompression.uploading()[Symbol.dispose]();
    await until(() => scene.recompression.waiting === 0);
    await scene.recompression.close();
  });

  test("no more when it is closed: that waits for nothing", async () => {
    const scene = new Scene("a");
    await scene.recompression.start();
    await until(() => scene.blocks.length === 1);
    const upload = scene.recompression.uploading();
    await scene.recompression.close();
    assert.deepEqual([scene.hurried.size, scene.failures], [1, []]);
    upload[Symbol.dispose]();
    await turns();
    assert.ok(scene.blocks.length < 3);
  });
});
