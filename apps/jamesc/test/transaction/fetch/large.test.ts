import "../faults/calls.ts";
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Digest, type Packet, sha256 } from "@jamesd/model";
import { fetchedFile, type Layout, makeLayout } from "../../../src/transaction/disk/layout.ts";
import type { Held } from "../../../src/transaction/fetch/compressed-part.ts";
import { fetchBlobs } from "../../../src/transaction/fetch/fetch.ts";
import type { BlobContent } from "../../../src/transaction/fetch/remote.ts";
import { Life, type Reaction } from "../faults/life.ts";
import { Shelf } from "../fixture.ts";

const CONTENTS = ["one", "two", "three"].map((word) => `${word} large content\n`.repeat(100_000));

/** Notes what of the other contents has its name when one is asked for. */
class Noting extends Shelf {
  readonly named: number[] = [];
  layout: Layout | undefined;

  override async compressedBlob(digest: Digest, held: Held): Promise<BlobContent> {
    const { layout } = this;
    if (layout) this.named.push(CONTENTS.filter((text) => isFetched(layout, text)).length);
    return super.compressedBlob(digest, held);
  }
}

function isFetched(layout: Layout, text: string): boolean {
  return existsSync(fetchedFile(layout, sha256(text)));
}

function scene(t: TestContext): { readonly giver: Noting; readonly packet: Packet; readonly layout: Layout } {
  const folder = mkdtempSync(join(tmpdir(), "jamesc-test-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const giver = new Noting();
  const packet = giver.add("app", Object.fromEntries(CONTENTS.map((text, n) => [`opt/${n}`, text])));
  const layout = makeLayout(join(folder, "state"));
  giver.layout = layout;
  return { giver, packet, layout };
}

async function fetchIn(
  life: Life,
  { giver: remote, packet, layout }: ReturnType<typeof scene>,
): Promise<void> {
  const signal = new AbortController().signal;
  await life.run(() => fetchBlobs([packet], { layout, remote, signal }, new Map()));
}

test("a large content is asked for before the one before it has its name, and each is synced while others come", async (t) => {
  const parts = scene(t);
  const life = new Life();
  await fetchIn(life, parts);
  assert.deepEqual(parts.giver.named, [0, 0, 1]);
  assert.equal(life.points.filter(({ call }) => call === "fsync").length, CONTENTS.length);
  for (const text of CONTENTS)
    assert.equal(readFileSync(fetchedFile(parts.layout, sha256(text)), "utf8"), text);
});

test("what the disk did not take of a large content is fetched anew", async (t) => {
  const parts = scene(t);
  let left = 1;
  const failing = new Life(
    ({ call }): Reaction => (call === "fsync" && left-- > 0 ? { error: "EIO" } : "go on"),
  );
  await assert.rejects(fetchIn(failing, parts), { code: "EIO" });
  // The one whose sync failed: it is in memory as it should be, and the next sync would be believed.
  assert.equal(isFetched(parts.layout, CONTENTS[0] ?? ""), false);
  await fetchIn(new Life(), parts);
  for (const text of CONTENTS)
    assert.equal(readFileSync(fetchedFile(parts.layout, sha256(text)), "utf8"), text);
});
