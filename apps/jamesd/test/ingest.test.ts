// biome-ignore-all lint/style/noExcessiveLinesPerFile: still to be cut where it parts
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { chmod, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { parseLimits } from "@jamesd/archive/safe-path";
import { type Digest, type FileEntry, JamesError, sha256 } from "@jamesd/model";
import { memoryFolder, requireTool } from "@jamesd/testkit";
import type { BlobLoan } from "../src/blobs/blob-store.ts";
import { openFolderBlobStore } from "../src/blobs/folder.ts";
import { BlobSink } from "../src/ingest/blob-sink.ts";
import { type IngestStores, ingestPacket } from "../src/ingest/ingest.ts";
import type { PacketTask } from "../src/ingest/packet-messages.ts";
import type { PacketRequest } from "../src/ingest/packet-request.ts";
import { type MakesPacket, makeInThread } from "../src/ingest/packet-thread.ts";
import { openUploads, type Uploads } from "../src/ingest/uploads.ts";
import type { Repository } from "../src/repository/repository.ts";
import { openSqliteRepository } from "../src/sqlite/open.ts";
import { chunked } from "./blob-store.contract.ts";
import { replacingSync } from "./replace-sync.ts";
import { failsWith } from "./repository/repository.contract.ts";
import { storeHere } from "./store-here.ts";

const ORIGIN = { author: "olga", address: "10.0.0.1", time: 1_700_000_000_000 };

/** A server's data folder, opened. */
interface Data extends IngestStores {
  readonly dir: string;
  readonly repository: Repository;
}

async function openData(dir: string): Promise<Data> {
  const repository = await openSqliteRepository(join(dir, "jamesd.db"));
  return {
    dir,
    uploads: await openUploads(join(dir, "uploads")),
    blobs: await openFolderBlobStore(join(dir, "blobs")),
    repository,
    packets: repository.packets,
    failed: () => undefined,
  };
}

async function withData(work: (data: Data) => Promise<void>): Promise<void> {
  const data = await openData(memoryFolder("jamesd-ingest-"));
  try {
    await work(data);
  } finally {
    await data.repository.close();
    await rm(data.dir, { recursive: true });
  }
}

/** The archive of a small tree with a file of the given content. */
async function archiveOf(content: string, mode = 0o755): Promise<Uint8Array> {
  const root = memoryFolder("jamesd-tree-");
  await mkdir(join(root, "usr", "bin"), { recursive: true });
  await writeFile(join(root, "usr", "bin", "tool"), content);
  await chmod(join(root, "usr", "bin", "tool"), mode);
  await writeFile(join(root, "usr", "copy"), content);
  await symlink("tool", join(root, "usr", "bin", "alias"));
  const archive = execFileSync("tar", ["-czf", "-", "-C", root, "."]);
  await rm(root, { recursive: true });
  return archive;
}

async function upload({ uploads }: Data, archive: Uint8Array): Promise<Digest> {
  const digest = sha256(archive);
  await uploads.append(digest, 0, chunked(archive));
  return digest;
}

async function requestOf(data: Data, content = "#!/bin/sh\n"): Promise<PacketRequest> {
  return {
    name: "tool",
    tags: ["v1", "arm"],
    upload: await upload(data, await archiveOf(content)),
    scripts: {},
  };
}

function ingest(request: PacketRequest, stores: IngestStores, signal = new AbortController().signal) {
  return ingestPacket(request, ORIGIN, stores, signal);
}

/** The same spool, but for some of what it does. */
function withUploads(uploads: Uploads, other: Partial<Uploads>): Uploads {
  return {
    offset: (digest) => uploads.offset(digest),
    append: (digest, offset, content) => uploads.append(digest, offset, content),
    open: (digest) => uploads.open(digest),
    openComing: (digest) => uploads.openComing(digest),
    remove: (digest) => uploads.remove(digest),
    sweep: () => uploads.sweep(),
    ...other,
  };
}

async function spooled({ dir }: Data): Promise<readonly string[]> {
  return await readdir(join(dir, "uploads"));
}

describe("ingest", () => {
  test("an archive becomes a packet whose contents are there after a new start", () =>
    withData(async (data) => {
      const scripts = { preinst: Buffer.from("echo pre"), postrm: Buffer.from("") };
      const { info, created } = await ingest({ ...(await requestOf(data)), scripts }, data);
      assert.equal(created, true);
      assert.deepEqual([info.name, info.tags, info.scripts], ["tool", ["arm", "v1"], ["preinst", "postrm"]]);
      assert.deepEqual([info.files, info.size, info.author, info.uploaded], [2, 20, "olga", ORIGIN.time]);
      assert.deepEqual(await spooled(data), []);

      await data.repository.close();
      const again = await openData(data.dir);
      const packet = await again.repository.packets.get(info.digest);
      const tool = packet?.manifest.find((entry): entry is FileEntry => entry.path === "usr/bin/tool");
      assert.equal(tool?.mode, 0o755);
      assert.equal(await text(await again.blobs.open(tool.digest)), "#!/bin/sh\n");
      const { preinst, postrm } = packet?.scripts ?? {};
      assert.equal(await text(await again.blobs.open(preinst?.digest ?? "")), "echo pre");
      assert.deepEqual(postrm, { digest: sha256(""), size: 0 });
      await again.repository.close();
    }));

  test("the same packet again changes nothing", () =>
    withData(async (data) => {
      const archive = await archiveOf("same");
      const base = { name: "tool", tags: ["v1", "arm"], scripts: {} };
      const first = await ingest({ ...base, upload: await upload(data, archive) }, data);
      const turned = { ...base, tags: ["arm", "v1", "arm"], upload: await upload(data, archive) };
      assert.deepEqual(await ingest(turned, data), { ...first, created: false });
      assert.deepEqual(await spooled(data), []);
    }));

  test("what is probably not meant is told: a folder around all, owners, what is dropped", () =>
    withData(async (data) => {
      const root = memoryFolder("jamesd-tree-");
      await mkdir(join(root, "app"));
      await writeFile(join(root, "app", "f"), "x");
      const pack = ["--format=pax", "--pax-option=SCHILY.xattr.user.note:=x", "--owner=1000", "--group=1000"];
      const archive = execFileSync("tar", [...pack, "-cf", "-", "-C", root, "app"]);
      await rm(root, { recursive: true });
      const request = { name: "app", tags: [], scripts: {}, upload: await upload(data, archive) };
      const { warnings } = await ingest(request, data);
      assert.equal(warnings.length, 3);
      assert.match(warnings.join("\n"), /folder "app".*\n2 entries belong.*\n2 entries have .*"user\.note"/);
      assert.deepEqual(
        (await ingest(await requestOf(data), data)).warnings.filter((one) => !/belong/.test(one)),
        [],
      );
    }));

  const refused: readonly [
    what: string,
    code: string,
    change: (data: Data) => Promise<Partial<PacketRequest>>,
  ][] = [
    ["a bad name", "NAME_INVALID", async () => ({ name: "" })],
    ["a bad tag", "TAG_INVALID", async () => ({ tags: ["a b"] })],
    [
      "a file that is no archive",
      "ARCHIVE_NOT_RECOGNISED",
      async (data) => ({ upload: await upload(data, Buffer.from("this is no archive ".repeat(100))) }),
    ],
    [
      "a configuration file that is a link",
      "CONFFILE_INVALID",
      async (data) => ({ ...(await requestOf(data)), conffiles: ["usr/bin/alias"] }),
    ],
    [
      "a configuration file that is not there",
      "CONFFILE_INVALID",
      async (data) => ({ ...(await requestOf(data)), conffiles: ["usr/nothing"] }),
    ],
    [
      "a script with the line ends of Windows",
      "SCRIPT_INVALID",
      async (data) => ({
        ...(await requestOf(data)),
        scripts: { postinst: Buffer.from("#!/bin/sh\r\n:\r\n") },
      }),
    ],
    [
      "a setuid file that nobody declared",
      "ARCHIVE_UNSAFE",
      async (data) => ({ upload: await upload(data, await archiveOf("x", 0o4755)) }),
    ],
    [
      "an archive that ends too early",
      "ARCHIVE_TRUNCATED",
      async (data) => ({ upload: await upload(data, (await archiveOf("whole")).subarray(0, 100)) }),
    ],
  ];
  for (const [what, code, change] of refused)
    test(`${what} is refused, and neither packet nor archive stays`, () =>
      withData(async (data) => {
        const changed = await change(data);
        const request = {
          ...(changed.upload ? { name: "tool", tags: [], scripts: {} } : await requestOf(data)),
        };
        await assert.rejects(
          ingest({ ...request, ...changed } as PacketRequest, data),
          (thrown: unknown) => thrown instanceof JamesError && thrown.code === code,
        );
        assert.deepEqual(await data.repository.packets.all(), []);
        assert.deepEqual(await spooled(data), []);
      }));

  test("configuration files, policy and declared setuid files are part of the packet, after a restart as well", () =>
    withData(async (data) => {
      const policy = { confirm: { connectivity: 9 }, unowned: "adopt" as const };
      const request = {
        ...(await requestOf(data)),
        upload: await upload(data, await archiveOf("x", 0o4755)),
        conffiles: ["/usr/copy", "./usr/bin/tool"],
        policy,
        setid: true,
      };
      const { info } = await ingest(request, data);
      const packet = await data.repository.packets.get(info.digest);
      assert.deepEqual(packet?.conffiles, ["usr/bin/tool", "usr/copy"]);
      assert.deepEqual([packet?.policy, packet?.setid], [policy, true]);
    }));

  test("limits of the configuration are kept", () =>
    withData(async (data) => {
      const limits = parseLimits("entries=3");
      await assert.rejects(ingest(await requestOf(data), { ...data, limits }), {
        code: "ARCHIVE_TOO_LARGE",
      });
    }));

  test("a packet whose name and tags are taken is refused, and its archive does not stay", () =>
    withData(async (data) => {
      await ingest(await requestOf(data, "one"), data);
      const other = await requestOf(data, "two");
      await assert.rejects(ingest(other, data), failsWith("PACKET_CONFLICT", /tool/));
      assert.equal((await data.repository.packets.all()).length, 1);
      assert.deepEqual(await spooled(data), []);
    }));

  test("an archive that was not uploaded is unknown", () =>
    withData(async (data) => {
      const request = { name: "tool", tags: [], upload: sha256("nothing"), scripts: {} };
      await assert.rejects(ingest(request, data), failsWith("BLOB_UNKNOWN", /was not uploaded/));
    }));

  test("when the server is to blame, the archive stays for another try", () =>
    withData(async (data) => {
      const request = await requestOf(data);
      await rm(join(data.dir, "blobs", "tmp"), { recursive: true });
      await assert.rejects(ingest(request, data), failsWith("STORE_CORRUPT", /cannot store a blob/));
      assert.deepEqual(await spooled(data), [request.upload]);
      const blobs = await openFolderBlobStore(join(data.dir, "blobs"));
      assert.equal((await ingest(request, { ...data, blobs })).created, true);
    }));

  test("the same request again, after its answer was lost, gives the packet it made", () =>
    withData(async (data) => {
      const request = { ...(await requestOf(data)), scripts: { preinst: Buffer.from("echo") } };
      const first = await ingest(request, data);
      assert.deepEqual(await ingest(request, data), { ...first, created: false, warnings: [] });
      for (const other of [{ tags: ["v2"] }, { scripts: {} }, { setid: true }, { conffiles: ["usr/copy"] }])
        await assert.rejects(ingest({ ...request, ...other }, data), { code: "BLOB_UNKNOWN" });
      await data.repository.packets.remove(first.info.digest, ORIGIN);
      await assert.rejects(ingest(request, data), { code: "BLOB_UNKNOWN" });
    }));

  test("an archive that cannot be removed changes neither the packet nor a refusal", () =>
    withData(async (data) => {
      const failures: unknown[] = [];
      const uploads = withUploads(data.uploads, {
        remove: () => Promise.reject(new JamesError("STORE_CORRUPT", "the disk is read-only")),
      });
      const stores = { ...data, uploads, failed: (thrown: unknown) => failures.push(thrown) };
      const request = await requestOf(data);
      assert.equal((await ingest(request, stores)).created, true);
      await assert.rejects(ingest({ ...request, conffiles: ["nothing"] }, stores), {
        code: "CONFFILE_INVALID",
      });
      assert.equal(failures.length, 2);
      assert.equal((await data.repository.packets.all()).length, 1);
    }));

  test("when nobody waits any more, reading ends whatever it is busy with, and the archive stays", () =>
    withData(async (data) => {
      const request = await requestOf(data);
      const gone = new AbortController();
      const uploads = withUploads(data.uploads, {
        open: async (digest) => {
          // Before a thread has begun.
          setImmediate(() => gone.abort());
          return data.uploads.open(digest);
        },
      });
      await assert.rejects(ingest(request, { ...data, uploads }, gone.signal), { code: "CANCELLED" });
      assert.deepEqual(await data.repository.packets.all(), []);
      assert.deepEqual(await spooled(data), [request.upload]);
      assert.equal((await ingest(request, data)).created, true);
    }));

  test("no packet names a blob that could not be made durable, and nothing more is taken", () =>
    withData(async (data) => {
      const request = await requestOf(data);
      const failing = () => Promise.reject(new Error("the disk is gone"));
      const make: MakesPacket = (...given) => replacingSync(failing, () => storeHere(...given));
      await assert.rejects(ingest(request, { ...data, make }), /the disk is gone/);
      assert.deepEqual(await data.repository.packets.all(), []);
      assert.deepEqual(await spooled(data), [request.upload]);
      await assert.rejects(ingest(request, data), failsWith("STORE_CORRUPT", /takes nothing more/));
      await assert.rejects(data.blobs.flush(), failsWith("STORE_CORRUPT", /the disk is gone/));
    }));

  test("a thread that is ended leaves nothing of what it was writing", () =>
    withData(async (data) => {
      const request = await requestOf(data);
      const gone = new AbortController();
      const make: MakesPacket = async (task, loan) => {
        await writeFile(join(task.loan.temporary, "half"), "of a content");
        gone.abort();
        return makeInThread(task, loan, gone.signal);
      };
      await assert.rejects(ingest(request, { ...data, make }, gone.signal), { code: "CANCELLED" });
      assert.deepEqual(await readdir(join(data.dir, "blobs", "tmp")), []);
    }));

  test("what a thread put is known to be sound: it is not read again before it is given out", () =>
    withData(async (data) => {
      const content = randomBytes(250_000).toString("hex");
      const { info } = await ingest(await requestOf(data, content), data);
      const packet = await data.repository.packets.get(info.digest);
      const { digest } = packet?.manifest.find(({ path }) => path === "usr/copy") as FileEntry;
      const read = (): number => Number(/rchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
      const before = read();
      assert.equal(await data.blobs.check(digest), "sound");
      assert.ok(read() - before < content.length / 4);
    }));

  test("a collection while a thread puts contents keeps them", () =>
    withData(async (data) => {
      const collecting = async (task: PacketTask, loan: BlobLoan, signal: AbortSignal) => {
        const stored = await makeInThread(task, loan, signal);
        await data.blobs.collect(async () => new Set());
        return stored;
      };
      const { info } = await ingest(await requestOf(data), { ...data, make: collecting });
      const packet = await data.repository.packets.get(info.digest);
      for (const entry of packet?.manifest ?? [])
        if (entry.type === "file") assert.equal(await data.blobs.check(entry.digest), "sound");
    }));
});

describe("a packet's digest", () => {
  const skip = requireTool("tar", "gzip", "bzip2", "xz", "zstd");
  const digestOf = async (archive: Uint8Array, tags: readonly string[] = ["v1", "arm"]): Promise<Digest> => {
    let digest = "";
    await withData(async (data) => {
      const request = {
        name: "tool",
        tags,
        upload: await upload(data, archive),
        scripts: { prerm: Buffer.from("true") },
      };
      digest = (await ingest(request, data)).info.digest;
    });
    return digest;
  };

  test("is the same however the same tree was packed, on whatever server", { skip }, async () => {
    const root = memoryFolder("jamesd-tree-");
    try {
      await mkdir(join(root, "usr", "bin"), { recursive: true });
      for (const name of ["b", "a", "c"])
        await writeFile(join(root, "usr", "bin", name), name.repeat(50_000));
      await symlink("a", join(root, "usr", "bin", "link"));
      const tar = (...flags: readonly string[]): Buffer =>
        execFileSync("tar", [...flags, "-cf", "-", "-C", root, "."], { maxBuffer: 2 ** 26 });
      const ways = [
        "--gzip",
        "--bzip2",
        "--xz",
        "--zstd",
        "--sort=name",
        "--format=pax",
        "--format=ustar",
        "--mtime=@0",
      ];
      const first = await digestOf(tar());
      for (const way of ways) assert.equal(await digestOf(tar(way)), first, way);
      assert.equal(await digestOf(tar(), ["arm", "v1"]), first, "tags in another order");
      assert.notEqual(await digestOf(tar(), ["v1"]), first);
      await chmod(join(root, "usr", "bin", "a"), 0o700);
      assert.notEqual(await digestOf(tar()), first, "another mode");
    } finally {
      await rm(root, { recursive: true });
    }
  });
});

describe("the sink of one archive", () => {
  test("many contents, small, large and equal ones, are there after flush", () =>
    withData(async ({ blobs }) => {
      const sink = new BlobSink(blobs, blobs.hold());
      const contents = Array.from({ length: 200 }, (_, i) =>
        Buffer.alloc(i % 50 === 0 ? 2_000_000 : i % 50 === 1 ? 300_000 : 40, i % 100),
      );
      for (const content of contents)
        assert.deepEqual(await sink.file(chunked(content)), {
          digest: sha256(content),
          size: content.length,
        });
      await sink.flush();
      for (const content of contents) assert.equal(await blobs.size(sha256(content)), content.length);
    }));

  test("contents that are on their way to the store are of so many bytes at most", () =>
    withData(async ({ blobs }) => {
      let [underway, most] = [0, 0];
      const put: typeof blobs.put = async (content, hold, hints) => {
        const { size = 0 } = hints ?? {};
        underway += size;
        most = Math.max(most, underway);
        const stored = await blobs.put(content, hold, hints);
        underway -= size;
        return stored;
      };
      const sink = new BlobSink({ put, flush: () => blobs.flush() }, blobs.hold());
      for (let i = 0; i < 24; i++) await sink.file(chunked(Buffer.alloc(2 ** 20, i)));
      await sink.flush();
      assert.equal(most, 2 ** 23);
    }));

  test("names become durable while the archive is read; what fails of it then is done in the end", () =>
    withData(async ({ blobs }) => {
      const flushed: string[] = [];
      const flush = async (): Promise<void> => {
        flushed.push("begun");
        if (flushed.length === 1) throw new Error("not just now");
        await blobs.flush();
        flushed.push("ended");
      };
      const sink = new BlobSink({ put: blobs.put.bind(blobs), flush }, blobs.hold());
      for (let i = 0; i < 40; i++) await sink.file(chunked(Buffer.from(`content ${i}`)));
      await sink.settle();
      assert.deepEqual(flushed, ["begun", "begun", "ended"]);
      await sink.flush();
      assert.equal(flushed.length, 5);
    }));

  test("a content that could not be stored fails the flush, and what comes after it", () =>
    withData(async ({ dir, blobs }) => {
      const sink = new BlobSink(blobs, blobs.hold());
      await rm(join(dir, "blobs", "tmp"), { recursive: true });
      await sink.file(chunked(Buffer.from("lost")));
      await assert.rejects(sink.flush(), failsWith("STORE_CORRUPT", /cannot store a blob/));
      await assert.rejects(
        sink.file(chunked(Buffer.from("next"))),
        failsWith("STORE_CORRUPT", /cannot store/),
      );
    }));

  test("a large one that could not be stored after it was read does so as well", () =>
    withData(async ({ dir, blobs }) => {
      const sink = new BlobSink(blobs, blobs.hold());
      const content = Buffer.alloc(2_000_000, "large");
      const digest = sha256(content);
      // Where its file is to be.
      await mkdir(join(dir, "blobs", digest.slice(0, 2), digest));
      assert.deepEqual(await sink.file(chunked(content)), { digest, size: content.length });
      await assert.rejects(sink.flush(), failsWith("STORE_CORRUPT", /EISDIR/));
    }));
});
