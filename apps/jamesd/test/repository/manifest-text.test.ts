import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson, type Entry, sha256, sortedManifest } from "@jamesd/model";
import fc from "fast-check";
import { packManifest, readManifest, unpackManifest } from "../../src/repository/manifest-text.ts";

/** Paths and targets that look like what stands between entries. */
const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('},{"', '"},{"', "},{", "\\", '\\"},{\\"', "]", ""),
);

test("law: a manifest is read as it was packed, whatever its names look like", async () => {
  const links = fc.array(fc.tuple(word, word), { maxLength: 20 });
  // The first entry ends about where the first piece does.
  const length = fc.integer({ min: 130_900, max: 131_100 });
  await fc.assert(
    fc.asyncProperty(links, length, async (pairs, first) => {
      const manifest = pairs.map(
        ([path, target]): Entry => ({ type: "symlink", path, target, uid: 0, gid: 0 }),
      );
      const filler: Entry = { type: "symlink", path: "x".repeat(first), target: "", uid: 0, gid: 0 };
      const all = [filler, ...manifest, filler, ...manifest];
      assert.deepEqual(await readManifest(await unpackManifest(packManifest(all))), all);
      assert.deepEqual(await readManifest(Buffer.from(JSON.stringify(all))), all);
    }),
    { numRuns: 60 },
  );
});

test("thousands of files are read, while others run", async () => {
  const manifest = sortedManifest(
    Array.from({ length: 50_000 }, (_, n): Entry => {
      const file = { mode: 0o644, uid: 0, gid: 0, size: n, digest: sha256(`${n}`) };
      return { type: "file", path: `usr/share/${n}`, ...file };
    }),
  );
  const json = Buffer.from(canonicalJson(manifest));
  let hadTurn = false;
  setImmediate(() => {
    hadTurn = true;
  });
  const read = await readManifest(json);
  assert.ok(hadTurn);
  assert.deepEqual(read, manifest);
});

test("what is no manifest is an error", async () => {
  for (const text of ["null", "[1,", "", '[{"a":1},{"b"]'])
    await assert.rejects(readManifest(Buffer.from(text)), SyntaxError);
});
