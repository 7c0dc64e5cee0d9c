import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { sha256 } from "@jamesd/model";
import { IS_WHOLE, seedFor, sweepTest } from "@jamesd/testkit";
import fc from "fast-check";
import { pack } from "tar-stream";
import { checkManifest, readArchive, writeArchive } from "../src/index.ts";
import {
  COMPRESSIONS,
  type CompressionName,
  chunked,
  compress,
  MemorySink,
  missing,
  missingFor,
  paxEntry,
  rawTar,
  read,
  refusedWith,
  run,
} from "./archives.ts";
import { type Tree, trees } from "./trees.ts";

const NAMES = Object.keys(COMPRESSIONS) as CompressionName[];

function written({ manifest, blobs }: Tree): Promise<Buffer> {
  return buffer(
    writeArchive(manifest, (digest) => Readable.from([blobs.get(digest) ?? assert.fail(digest)])),
  );
}

for (const name of NAMES)
  sweepTest(`a written tree is read back the same: ${name}`, { skip: missingFor(name) }, () =>
    fc.assert(
      fc.asyncProperty(trees, fc.constantFrom(1, 7, 512, 1000, 65536), async (tree, chunk) => {
        const sink = new MemorySink();
        const bytes = compress(name, await written(tree));
        fc.pre(chunk > 7 || bytes.length < 10_000);
        assert.deepEqual(await read(bytes, { sink, chunk }), tree.manifest);
        assert.deepEqual(sink.blobs, new Map(tree.blobs));
        checkManifest(tree.manifest);
      }),
      { numRuns: IS_WHOLE ? 40 : 12, seed: seedFor(name) },
    ),
  );

test("the same manifest is written as the same bytes", () =>
  fc.assert(
    fc.asyncProperty(trees, async (tree) => assert.deepEqual(await written(tree), await written(tree))),
    { numRuns: 20 },
  ));

test("what is written is what tar-stream, which wrote it before, would write", () =>
  fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const archive = pack();
      for (const entry of tree.manifest) {
        const { path, uid, gid, type } = entry;
        const large = Math.max(uid, gid) > 0o777777 && { pax: { uid: String(uid), gid: String(gid) } };
        const header = {
          ...{ name: `./${path}${type === "directory" ? "/" : ""}`, type, mtime: new Date(0) },
          ...{ uid: Math.min(uid, 0o777777), gid: Math.min(gid, 0o777777), ...large },
          // A mode of 0 would be a missing one there.
          mode: 0o100000 | ("mode" in entry ? entry.mode : 0o777),
        };
        if (entry.type === "file")
          archive.entry(header, tree.blobs.get(entry.digest) ?? assert.fail(entry.path));
        else archive.entry({ ...header, ...(entry.type === "symlink" && { linkname: entry.target }) });
      }
      archive.finalize();
      assert.ok((await written(tree)).equals(await buffer(archive)));
    }),
    { numRuns: 40 },
  ));

for (const format of ["gnu", "ustar", "pax"])
  test(`what tar makes in its format ${format} is read`, { skip: missing("tar") }, async () => {
    const root = mkdtempSync(join(tmpdir(), "jamesd-archive-"));
    try {
      const folder = format === "ustar" ? "short" : "long-".repeat(30);
      mkdirSync(join(root, folder));
      writeFileSync(join(root, folder, "file ü"), "content");
      chmodSync(join(root, folder, "file ü"), 0o750);
      linkSync(join(root, folder, "file ü"), join(root, folder, "hard"));
      symlinkSync(format === "ustar" ? "hard" : "h".repeat(150), join(root, folder, "soft"));
      const owner = ["--owner=12", "--group=34"];
      const manifest = await read(
        run("tar", ["-c", `--format=${format}`, ...owner, "--sort=name", "-C", root, "."]),
      );
      const file = { type: "file", uid: 12, gid: 34, mode: 0o750, size: 7, digest: sha256("content") };
      assert.deepEqual(manifest, [
        {
          type: "directory",
          path: folder,
          uid: 12,
          gid: 34,
          mode: manifest[0]?.type === "directory" && 0o755,
        },
        { ...file, path: `${folder}/file ü` },
        { ...file, path: `${folder}/hard`, sameAs: `${folder}/file ü` },
        {
          type: "symlink",
          path: `${folder}/soft`,
          uid: 12,
          gid: 34,
          target: format === "ustar" ? "hard" : "h".repeat(150),
        },
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

test("tar lists what was written", { skip: missing("tar") }, () =>
  fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const listed = run("tar", ["-t", "--quoting-style=literal", "-f", "-"], await written(tree)).toString();
      const expected = tree.manifest.map(({ path, type }) => `./${path}${type === "directory" ? "/" : ""}`);
      assert.deepEqual(listed.split("\n").slice(0, -1), expected);
    }),
    { numRuns: 20 },
  ),
);

test("parts compressed one by one are read as one", { skip: missing("bzip2", "xz", "zstd") }, async () => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) >> 5));
  const plain = rawTar({ name: "a", content }, { name: "b", content: "b" });
  const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  for (const name of ["gzip", "bzip2", "xz", "zstd"] as const) {
    const halves = [plain.subarray(0, 100_001), plain.subarray(100_001)].map((half) => compress(name, half));
    if (name === "zstd") halves.unshift(skipped);
    for (const chunk of [997, 2 ** 20])
      assert.deepEqual(
        (await read(Buffer.concat(halves), { chunk })).map(({ path }) => path),
        ["a", "b"],
        name,
      );
  }
});

test("large files of every level and kind of content come through", {
  skip: missing("bzip2", "xz", "zstd"),
}, async () => {
  const noise = createHash("shake256", { outputLength: 1_500_000 }).update("noise").digest();
  const plain = rawTar(
    { name: "noise", content: noise },
    { name: "zeros", content: Buffer.alloc(5_000_000) },
  );
  const expected = await read(plain);
  for (const command of ["bzip2 -1c", "bzip2 -9c", "xz -0c", "xz -9c", "zstd -1c", "zstd -19c", "gzip -9c"]) {
    const [program = "", ...args] = command.split(" ");
    assert.deepEqual(await read(run(program, args, plain)), expected, command);
  }
});

test("dictionaries of xz of all sizes, one after the other, take no more memory than the largest", {
  skip: missing("xz"),
}, async () => {
  const plain = rawTar({ name: "a", content: Buffer.alloc(300_000, "abc") });
  const sizes = [64, 4, 48, 8, 64, 12, 32, 24, 48, 64, 16, 48, 64];
  const part = Math.ceil(plain.length / sizes.length);
  const streams = sizes.map((size, number) =>
    run("xz", ["-c", `--lzma2=dict=${size}MiB`], plain.subarray(number * part, (number + 1) * part)),
  );
  assert.deepEqual(await read(Buffer.concat(streams)), await read(plain));
});

test("several archives are read at a time", { skip: missing("xz", "bzip2") }, async () => {
  const plain = rawTar({ name: "a", content: Buffer.alloc(300_000, "abc") });
  const all = (["xz", "bzip2", "zstd", "gzip"] as const).flatMap((name) =>
    Array(3).fill(compress(name, plain)),
  );
  const manifests = await Promise.all(all.map((bytes) => read(bytes, { chunk: 50 })));
  for (const manifest of manifests) assert.deepEqual(manifest, manifests[0]);
});

test("owners too large for the plain header come from the pax header", async () => {
  const [entry] = await read(rawTar(paxEntry({ uid: "3000000", gid: "4000000" }), { name: "a" }));
  assert.deepEqual([entry?.uid, entry?.gid], [3_000_000, 4_000_000]);
});

test("the root and a directory that comes twice are no entries of their own", async () => {
  const directory = { name: "./a/", type: "5", mode: 0o755 };
  const manifest = await read(rawTar({ name: "./", type: "5" }, directory, directory));
  assert.deepEqual(manifest, [{ type: "directory", path: "a", uid: 0, gid: 0, mode: 0o755 }]);
});

test("an empty tar has an empty manifest", async () => assert.deepEqual(await read(rawTar()), []));

test("names are kept as they are, not normalised", async () => {
  const names = ["\u00e9", "e\u0301", "back\\slash", "..a", "a..", "..."];
  const manifest = await read(rawTar(...names.map((name) => ({ name }))));
  assert.deepEqual(manifest.map(({ path }) => path).sort(), names.sort());
});

test("errors of the sink, the source and the signal come through as they are", async () => {
  const failing = new Error("disk full");
  const archive = compress("gzip", rawTar({ name: "a", content: Buffer.alloc(1_000_000, "abcdef") }));
  const file = (): Promise<never> => Promise.reject(failing);
  await assert.rejects(read(archive, { sink: { file } }), failing);
  const source = async function* () {
    yield archive.subarray(0, 200);
    throw failing;
  };
  await assert.rejects(readArchive(source(), new MemorySink()), failing);
  const stalled = async function* () {
    yield archive.subarray(0, 200);
    await new Promise(() => {});
  };
  const aborter = new AbortController();
  const reading = readArchive(stalled(), new MemorySink(), undefined, aborter.signal);
  aborter.abort(failing);
  await assert.rejects(reading, failing);
});

test("a stream that was refused in the middle is left open", async () => {
  const chunks = chunked(rawTar({ name: "../a" }, { name: "b", content: Buffer.alloc(3_000_000) }));
  const stream = Readable.from(chunks);
  await assert.rejects(readArchive(stream, new MemorySink()), refusedWith("ARCHIVE_UNSAFE"));
  await setTimeout(50);
  assert.equal(stream.destroyed, false);
});

test("what broke a content is the error, whatever the sink makes of it", async () => {
  const bytes = rawTar({ name: "a", content: Buffer.alloc(300_000) }).subarray(0, 100_000);
  const file = async (content: AsyncIterable<Uint8Array>): Promise<never> => {
    await new MemorySink().file(content).catch(() => {});
    throw new Error("could not store");
  };
  await assert.rejects(read(bytes, { sink: { file } }), refusedWith("ARCHIVE_TRUNCATED", '"a"'));
});
