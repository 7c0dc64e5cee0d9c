import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { zstdCompressSync } from "node:zlib";
import { sha256 } from "@jamesd/model";
import {
  compileOf,
  injecting,
  memoryFolder,
  ONE_THREAD,
  openFilesBelow,
  requireTool,
  runProgram,
  sweepTest,
} from "@jamesd/testkit";
import { openFolderBlobStore } from "../src/blobs/folder.ts";
import { recompressContract } from "./blob-recompress.contract.ts";
import { chunked } from "./blob-store.contract.ts";

recompressContract("folder", async () => {
  const root = memoryFolder("jamesd-blobs-");
  const dir = join(root, "blobs");
  return {
    blobs: await openFolderBlobStore(dir),
    reopen: () => openFolderBlobStore(dir),
    dispose: async () => rmSync(root, { recursive: true }),
  };
});

const RUNNER = join(import.meta.dirname, "recompress-runner.ts");
const CONTENT = Buffer.from("a line of a content that is put in a hurry\n".repeat(10_000));
const DIGEST = sha256(CONTENT);

/** A folder with that content, put in a hurry. */
async function folder(t: TestContext) {
  const root = memoryFolder("jamesd-blobs-");
  t.after(() => rmSync(root, { recursive: true }));
  const dir = join(root, "blobs");
  const blobs = await openFolderBlobStore(dir);
  await blobs.put(chunked(CONTENT), undefined, { isHurried: true });
  await blobs.flush();
  const shard = join(dir, DIGEST.slice(0, 2));
  return { dir, blobs, shard, names: () => readdirSync(shard).map((name) => name.replace(DIGEST, "")) };
}

test("it lies under zstd as it came until it lies as devices get it", async (t) => {
  const { blobs, names } = await folder(t);
  assert.deepEqual(names(), [".zst"]);
  await blobs.recompress(DIGEST);
  assert.deepEqual(names(), [".best.zst"]);
});

test("what is damaged takes no other's place, and is told of", async (t) => {
  const { blobs, shard, names } = await folder(t);
  const packed = join(shard, `${DIGEST}.zst`);
  const whole = readFileSync(packed);
  for (const damage of [
    () => truncateSync(packed, whole.length / 2),
    () => truncateSync(packed, 3),
    () => writeFileSync(packed, Buffer.alloc(whole.length, 8)),
    // Whole, and another content.
    () => writeFileSync(packed, Buffer.concat([whole.subarray(0, 8), zstdCompressSync(CONTENT.subarray(1))])),
  ]) {
    damage();
    await assert.rejects(blobs.recompress(DIGEST), { code: "BLOB_DAMAGED" });
    assert.deepEqual([names(), await blobs.check(DIGEST)], [[".zst"], "damaged"]);
    writeFileSync(packed, whole);
  }
  truncateSync(packed, 3);
  await blobs.put(chunked(CONTENT));
  assert.deepEqual([names(), await blobs.check(DIGEST)], [[".best.zst"], "sound"]);
});

test("where a crash left both, the one for devices stays if it is sound", async (t) => {
  const { blobs, shard, names } = await folder(t);
  const [packed, saved, best] = ["zst", "saved", "best.zst"].map((end) =>
    join(shard, `${DIGEST}.${end}`),
  ) as [string, string, string];
  copyFileSync(packed, saved);
  await blobs.recompress(DIGEST);
  const { length } = readFileSync(best);
  copyFileSync(saved, packed);
  await blobs.recompress(DIGEST);
  assert.deepEqual(names(), [".best.zst", ".saved"]);
  truncateSync(best, 20);
  copyFileSync(saved, packed);
  assert.equal(await blobs.check(DIGEST), "damaged");
  await blobs.recompress(DIGEST);
  assert.deepEqual([names(), await blobs.check(DIGEST)], [[".best.zst", ".saved"], "sound"]);
  assert.equal(readFileSync(best).length, length);
});

test("beside one that is not compressed that one stays", async (t) => {
  const { blobs, shard, names } = await folder(t);
  writeFileSync(join(shard, DIGEST), CONTENT);
  await blobs.recompress(DIGEST);
  assert.deepEqual([names(), await blobs.check(DIGEST)], [[""], "sound"]);
});

test("one that lies under brotli alone, of an earlier version, is given out so and stays", async (t) => {
  const { blobs, shard, names } = await folder(t);
  await blobs.recompress(DIGEST, "brotli");
  rmSync(join(shard, `${DIGEST}.zst`));
  await blobs.recompress(DIGEST);
  assert.deepEqual([names(), await blobs.check(DIGEST)], [[".br"], "sound"]);
  assert.equal((await blobs.compressed(DIGEST, ["zstd", "brotli"]))?.form, "brotli");
});

test("one under brotli that is damaged beside another is not given out, and made anew", async (t) => {
  const { blobs, shard, names } = await folder(t);
  await blobs.recompress(DIGEST);
  await blobs.recompress(DIGEST, "brotli");
  const under = join(shard, `${DIGEST}.br`);
  const whole = readFileSync(under);
  for (const damage of [() => truncateSync(under, 20), () => writeFileSync(under, whole.toReversed())]) {
    damage();
    assert.equal(await blobs.check(DIGEST), "sound");
    assert.equal(await blobs.compressed(DIGEST, ["brotli"]), undefined);
    await blobs.recompress(DIGEST, "brotli");
    assert.deepEqual(readFileSync(under), whole);
    assert.equal((await blobs.compressed(DIGEST, ["brotli"]))?.form, "brotli");
  }
  assert.deepEqual(names().sort(), [".best.zst", ".br"]);
});

test("what is collected in the middle is no failure, and leaves no file open", async (t) => {
  const { dir, blobs, shard } = await folder(t);
  const packed = join(shard, `${DIGEST}.zst`);
  const saved = readFileSync(packed);
  // As many turns later each time: somewhere between any two of its calls.
  for (let turns = 0; turns < 12; turns++) {
    writeFileSync(packed, saved);
    const done = blobs.recompress(DIGEST);
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    rmSync(packed, { force: true });
    await done;
    assert.deepEqual(openFilesBelow(dir), []);
    rmSync(join(shard, `${DIGEST}.best.zst`), { force: true });
  }
});

test("the one it lay under goes when it is durable where it lies then", {
  skip: requireTool("strace"),
}, async (t) => {
  const { dir, shard } = await folder(t);
  const calls = join(dir, "..", "calls");
  const strace = ["strace", "-f", "-y", "-e", "trace=rename,fsync,unlink,unlinkat", "-o", calls];
  const { stdout } = await runProgram([...strace, process.execPath, RUNNER, dir], { env: ONE_THREAD });
  assert.equal(stdout, "done\n");
  const lines = readFileSync(calls, "utf8").split("\n");
  const at = (...words: readonly string[]) =>
    lines.findIndex((line) => words.every((word) => line.includes(word)));
  const [renamed, synced, gone] = [
    at("rename", `${DIGEST}.best.zst`),
    at("fsync", `<${shard}>`),
    at("unlink", `${DIGEST}.zst`),
  ];
  assert.ok(renamed >= 0 && renamed < synced && synced < gone, `${renamed} ${synced} ${gone}`);
});

test("who finds it under one name in the moment in which it gets the other is given it", async (t) => {
  const { blobs, shard } = await folder(t);
  const [packed, best] = [join(shard, `${DIGEST}.zst`), join(shard, `${DIGEST}.best.zst`)];
  const saved = join(shard, "saved");
  copyFileSync(packed, saved);
  await blobs.recompress(DIGEST);
  const compressed = join(shard, "compressed");
  copyFileSync(best, compressed);
  const questions = [
    async () => assert.ok((await buffer(await blobs.open(DIGEST))).equals(CONTENT)),
    async () => assert.equal(await blobs.size(DIGEST), CONTENT.length),
    async () => assert.equal(await blobs.check(DIGEST), "sound"),
    async () => assert.equal((await blobs.readSmall(DIGEST, CONTENT.length))?.length, CONTENT.length),
  ];
  // As many turns later each time: somewhere between any two of its calls.
  for (let turns = 0; turns < 40; turns++)
    for (const question of questions) {
      rmSync(best, { force: true });
      copyFileSync(saved, packed);
      const asked = question();
      for (let turn = 0; turn < turns; turn++) await setImmediate();
      copyFileSync(compressed, join(shard, "new"));
      renameSync(join(shard, "new"), best);
      rmSync(packed);
      await asked;
    }
});

/** What compressing anew does to the disk. */
const CALLS = ["openat", "pwrite64", "fsync", "rename", "unlink,unlinkat"];
sweepTest(
  "a server that is killed at any call while it compresses anew loses nothing, and leaves nothing half",
  { skip: requireTool("strace") },
  async (t) => {
    const { dir, blobs, shard, names } = await folder(t);
    const [packed, saved] = [join(shard, `${DIGEST}.zst`), join(dir, "..", "saved")];
    copyFileSync(packed, saved);
    const prepare = (): void => {
      rmSync(join(shard, `${DIGEST}.best.zst`), { force: true });
      copyFileSync(saved, packed);
    };
    await compileOf(RUNNER, dir);
    const kills: string[] = [];
    const seen = new Set<string>();
    for (const calls of CALLS) {
      // Of openat only those of the store are meant, not of the files that Node begins with.
      const paths = [join(dir, "tmp"), shard, packed, join(shard, `${DIGEST}.best.zst`)];
      let count = 0;
      for (let n = 1; ; n++) {
        assert.ok(n < 30, `${calls} is called less than 30 times`);
        prepare();
        const on = calls === "openat" ? paths : [];
        const strace = injecting(`${calls}:signal=KILL:when=${n}`, ...on);
        const { code, signal, stdout } = await runProgram([...strace, process.execPath, RUNNER, dir], {
          env: ONE_THREAD,
        });
        const isKilled = signal === "SIGKILL" || code === 137;
        const there = names().join();
        seen.add(there);
        const after = await openFolderBlobStore(dir);
        assert.equal(await after.check(DIGEST), "sound", `${calls} ${n}: ${there}`);
        assert.deepEqual(readdirSync(join(dir, "tmp")), [], `${calls} ${n}`);
        await after.findHurried();
        for (const digest of after.hurried) await after.recompress(digest);
        assert.deepEqual([names(), await after.check(DIGEST)], [[".best.zst"], "sound"], `${calls} ${n}`);
        if (!isKilled) {
          assert.equal(stdout, "done\n");
          break;
        }
        count += 1;
      }
      kills.push(`${calls}: ${count}`);
    }
    // Nothing done, both there, all done.
    assert.equal(seen.size, 3, `${[...seen]}`);
    t.diagnostic(`${kills.join("; ")}; seen ${[...seen].join(" ")}`);
    assert.equal(existsSync(packed), false);
    assert.equal(await blobs.check(DIGEST), "sound");
  },
);
