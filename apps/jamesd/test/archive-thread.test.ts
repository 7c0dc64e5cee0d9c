import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { DEFAULT_LIMITS, writeArchive } from "@jamesd/archive";
import { type FileEntry, sha256 } from "@jamesd/model";
import { readInThread } from "../src/ingest/archive-thread.ts";

test("reading ends as soon as nobody waits for it, though what it was about to store never is", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-thread-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const content = Buffer.from("content");
  const file: FileEntry = {
    ...{ type: "file", path: "f", mode: 0o644, uid: 0, gid: 0 },
    ...{ size: content.length, digest: sha256(content) },
  };
  writeFileSync(join(dir, "a.tar"), await buffer(writeArchive([file], () => Readable.from([content]))));
  const archive = await open(join(dir, "a.tar"));
  const gone = new AbortController();
  const sink = {
    file: () => {
      gone.abort(new Error("nobody waits"));
      return new Promise<never>(() => undefined);
    },
  };
  await assert.rejects(readInThread(archive, sink, DEFAULT_LIMITS, gone.signal), /nobody waits/);
  await archive.close();
});
