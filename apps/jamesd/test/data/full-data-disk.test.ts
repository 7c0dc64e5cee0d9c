import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { writeArchive } from "@jamesd/archive";
import { type Entry, sha256 } from "@jamesd/model";
import { requireTool, sh, skipUnless } from "@jamesd/testkit";
import { pino } from "pino";
import { TestServer } from "../http-server.ts";

const skip = requireTool("mount") || skipUnless(process.getuid?.() === 0, "needs root to mount");
const MIB = 2 ** 20;

/** A disk in memory of 12 MiB. */
class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "jamesd-disk-"));

  constructor() {
    sh("mount", "-t", "tmpfs", "-o", "size=12M,mode=700", "jamesd-test", this.path);
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  [Symbol.dispose](): void {
    sh("umount", this.path);
    rmSync(this.path, { recursive: true });
  }
}

/** The archive of so many files of 1 MiB each. */
async function archiveOf(files: number): Promise<Buffer> {
  const contents = Array.from({ length: files }, () => randomBytes(MIB));
  const entries = contents.map(
    (content, n): Entry => ({
      ...{ type: "file", path: `f${n}`, uid: 0, gid: 0, mode: 0o644 },
      ...{ size: MIB, digest: sha256(content) },
    }),
  );
  const byDigest = new Map(entries.map((entry, n) => [entry.type === "file" && entry.digest, contents[n]]));
  return buffer(writeArchive(entries, (digest) => Readable.from([byDigest.get(digest)])));
}

async function upload(server: TestServer, bytes: Buffer) {
  const answer = await server.send("admin", "PUT", `/v1/uploads/${sha256(bytes)}?offset=0`, { body: bytes });
  return answer.body.toString();
}

async function add(server: TestServer, bytes: Buffer) {
  const body = { name: "app", tags: [], upload: sha256(bytes), scripts: {}, conffiles: [], policy: {} };
  const answer = await server.send("admin", "POST", "/v1/packets", { body: { ...body, setid: false } });
  return answer.body.toString();
}

describe("an archive that is too large for the data disk leaves the database room to write in", {
  skip,
}, () => {
  test("when it does not fit itself", async () => {
    using disk = new SmallDisk();
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
    await using server = await TestServer.start([], { data: join(disk.path, "data") }, {}, log);
    const { free } = disk;
    assert.match(await upload(server, randomBytes(16 * MIB)), /STORAGE_FULL/);
    assert.match(lines.join(""), /"level":50.*no space left.*request failed/, "and the log says so");
    assert.ok(disk.free > free - MIB, `${disk.free} of ${free}`);
  });

  test("when its files do not fit beside it", async () => {
    using disk = new SmallDisk();
    await using server = await TestServer.start([], { data: join(disk.path, "data") });
    const archive = await archiveOf(7);
    assert.doesNotMatch(await upload(server, archive), /STORAGE_FULL/);
    const { free } = disk;
    assert.match(await add(server, archive), /STORAGE_FULL/);
    assert.ok(disk.free > free - MIB, `${disk.free} of ${free}`);
    const small = await archiveOf(1);
    await upload(server, small);
    assert.match(await add(server, small), /"name":"app"/);
  });
});
