import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { writeArchive } from "@jamesd/archive";
import { type FileEntry, sha256 } from "@jamesd/model";
import {
  injecting,
  killAtCalls,
  memoryFolder,
  ONE_THREAD,
  requireTool,
  runProgram,
  sweepTest,
} from "@jamesd/testkit";
import { openFolderBlobStore } from "../src/blobs/folder.ts";
import { openUploads } from "../src/ingest/uploads.ts";
import { openSqliteRepository } from "../src/sqlite/open.ts";

/**
 * What is done to the disk while an archive comes, is read and becomes a packet: about how many kills of it are tried in a
 * whole sweep, and how many calls are between two of them, for most writes only wake another thread.
 */
const CALLS = {
  "pwrite64,write": { kills: 60, step: 5 },
  "fsync,fdatasync": { kills: 36, step: 1 },
  "rename,link,unlink,rmdir": { kills: 4, step: 1 },
};
const KINDS = Object.keys(CALLS) as (keyof typeof CALLS)[];
const MOST = 400;

const FILE_BYTES = 300_000;
const RUNNER = join(import.meta.dirname, "ahead-runner.ts");

/** An archive of files that nothing compresses. */
async function makeArchive(file: string) {
  const contents = new Map(
    [1, 2, 3].map(() => randomBytes(FILE_BYTES)).map((content) => [sha256(content), content]),
  );
  const entries = [...contents.keys()].map((digest, n): FileEntry => {
    return { type: "file", path: `f${n}`, mode: 0o644, uid: 0, gid: 0, size: FILE_BYTES, digest };
  });
  const bytes = await buffer(
    writeArchive(entries, (digest) => Readable.from([contents.get(digest) ?? Buffer.alloc(0)])),
  );
  writeFileSync(file, bytes);
  return { digest: sha256(bytes), size: bytes.length };
}

/** What it acknowledged, as a map of words and values. */
function saidIn(stdout: string): ReadonlyMap<string, string> {
  const lines = stdout.split("\n").filter(Boolean);
  return new Map(lines.map((line) => line.split(" ")).map(([word = "", value = ""]) => [word, value]));
}

/** Uploads the archive and makes a packet of it; killed at its n-th call where they are given. */
async function make(dir: string, archive: string, kill?: { readonly calls: string; readonly n: number }) {
  const strace = kill ? injecting(`${kill.calls}:signal=KILL:when=${kill.n}`) : [];
  const command = [...strace, process.execPath, RUNNER, dir, archive];
  const { code, signal, stdout, stderr } = await runProgram(command, { env: ONE_THREAD });
  const isKilled = signal === "SIGKILL" || code === 137;
  assert.ok(code === 0 || (kill && isKilled), `${kill?.calls} ${kill?.n}: ${stderr}`);
  return { isKilled, said: saidIn(stdout) };
}

/** Every packet has all of its contents; gives the packets. Nothing is left but what they need. */
async function soundPackets(dir: string): Promise<readonly string[]> {
  const repository = await openSqliteRepository(join(dir, "jamesd.db"));
  const blobs = await openFolderBlobStore(join(dir, "blobs"));
  const packets = (await repository.packets.all()).map(({ digest }) => digest);
  const needed = new Set<string>();
  for (const digest of packets) {
    const packet = await repository.packets.get(digest);
    for (const entry of packet?.manifest ?? []) if (entry.type === "file") needed.add(entry.digest);
  }
  await blobs.collect(async () => needed);
  for (const digest of needed) assert.equal(await blobs.check(digest), "sound");
  assert.equal(needed.size, 3 * packets.length);
  assert.deepEqual(readdirSync(join(dir, "blobs", "tmp")), []);
  await repository.close();
  return packets;
}

sweepTest(
  "killed at any call while an archive is read ahead, what is acknowledged is there, and the upload goes on to its packet",
  { skip: requireTool("strace") },
  async (t) => {
    const folder = memoryFolder("jamesd-ahead-kill-");
    t.after(() => rmSync(folder, { recursive: true }));
    const archive = join(folder, "archive.tar");
    const { digest, size } = await makeArchive(archive);
    const outcomes = new Set<string>();
    const plan = (calls: keyof typeof CALLS) => ({ stride: CALLS[calls].kills, most: MOST, enough: 1 });
    const kills = await killAtCalls("reading ahead", KINDS, plan, async (calls, i) => {
      const n = i * CALLS[calls].step;
      const dir = join(folder, `${calls}-${n}`);
      const { isKilled, said } = await make(dir, archive, { calls, n });
      const made = said.get("made");
      const uploads = await openUploads(join(dir, "uploads"));
      const before = await soundPackets(dir);
      if (made) assert.deepEqual(before, [made]);
      if (before.length === 0) {
        const offset = await uploads.offset(digest);
        assert.ok(offset <= size && (offset === size || !said.has("uploaded")), `${offset} bytes are there`);
      }
      const again = await make(dir, archive);
      assert.deepEqual(await soundPackets(dir), [again.said.get("made")]);
      assert.deepEqual(readdirSync(join(dir, "uploads")), []);
      outcomes.add(`${[...said.keys()].join(" and ") || "nothing"} of ${before.length}`);
      rmSync(dir, { recursive: true });
      return isKilled;
    });
    t.diagnostic([...kills].map(([calls, count]) => `${calls}: ${count}`).join("; "));
    t.diagnostic([...outcomes].sort().join("; "));
  },
);
