import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { DEFAULT_LIMITS, writeArchive } from "@jamesd/archive";
import { type FileEntry, sha256 } from "@jamesd/model";
import { waitFor } from "@jamesd/testkit";
import type { BlobLoan } from "../src/blobs/blob-store.ts";
import { openFolderBlobStore } from "../src/blobs/folder.ts";
import { makeInThread, PacketThreads } from "../src/ingest/packet-thread.ts";

/** How nice the threads of this process are, its first one first. */
function niceness(): readonly number[] {
  const threads = readdirSync("/proc/self/task").sort((a, b) => Number(a) - Number(b));
  const stats = threads.map((thread) => readFileSync(`/proc/self/task/${thread}/stat`, "utf8"));
  return stats.map((stat) => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]));
}

/** A blob store, and an archive with one file in it. */
async function scene(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-thread-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const content = Buffer.from("content");
  const file: FileEntry = {
    ...{ type: "file", path: "f", mode: 0o644, uid: 0, gid: 0 },
    ...{ size: content.length, digest: sha256(content) },
  };
  writeFileSync(join(dir, "a.tar"), await buffer(writeArchive([file], () => Readable.from([content]))));
  const archive = await open(join(dir, "a.tar"));
  t.after(() => archive.close());
  const blobs = await openFolderBlobStore(join(dir, "blobs"));
  const request = { name: "p", tags: [], upload: "", scripts: {} };
  const taskFor = ({ task }: BlobLoan) => ({ file: archive.fd, request, limits: DEFAULT_LIMITS, loan: task });
  return { blobs, file, taskFor };
}

/** The threads that this process has begun, by their ids. */
function workers(): readonly string[] {
  return readdirSync("/proc/self/task").filter((id) =>
    readFileSync(`/proc/self/task/${id}/comm`, "utf8").startsWith("WorkerThread"),
  );
}

test("reading comes after those who answer, and ends as soon as nobody waits for it, though what it was about to store is never held", async (t) => {
  const { blobs, file, taskFor } = await scene(t);
  const lent = await blobs.lend(blobs.hold());
  const gone = new AbortController();
  const before = niceness();
  let during = before;
  const loan: BlobLoan = {
    task: lent.task,
    hear: () => {
      during = niceness();
      gone.abort(new Error("nobody waits"));
      return new Promise<never>(() => undefined);
    },
    end: () => lent.end(),
  };
  await assert.rejects(makeInThread(taskFor(loan), loan, gone.signal), /nobody waits/);
  assert.equal(await blobs.size(file.digest), undefined);
  assert.ok(Math.max(...during) > Math.max(...before), `${during}`);
  assert.equal(during[0], before[0], "the thread that answers is as it was");
});

test("a thread that was begun for an archive makes its packet, and ends with it", async (t) => {
  const { blobs, file, taskFor } = await scene(t);
  const threads = new PacketThreads(DEFAULT_LIMITS);
  t.after(() => threads.close());
  const make = async (stop?: AbortController): Promise<void> => {
    const loan = await blobs.lend(blobs.hold());
    const made = threads.make(taskFor(loan), loan, (stop ?? new AbortController()).signal);
    stop?.abort(new Error("nobody waits"));
    assert.equal((await made.finally(() => loan.end())).packet.name, "p");
  };
  threads.expect();
  threads.expect();
  // It has its name a moment after it was begun.
  await waitFor("one thread, and no other", () => workers().length === 1 || undefined);
  await make();
  assert.equal(await blobs.check(file.digest), "sound");
  assert.deepEqual(workers(), []);
  threads.expect();
  await assert.rejects(make(new AbortController()), /nobody waits/);
  assert.deepEqual(workers(), []);
  threads.expect();
  await Promise.all([make(), make()]);
  assert.deepEqual(workers(), []);
  threads.expect();
  await waitFor("another one", () => workers().length === 1 || undefined);
  await threads.close();
  assert.deepEqual(workers(), []);
  const { length } = niceness();
  threads.expect();
  assert.equal(niceness().length, length, "once closed it begins none");
});
