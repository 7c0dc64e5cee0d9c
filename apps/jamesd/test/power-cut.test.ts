import assert from "node:assert/strict";
import { fstatSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { writeArchive } from "@jamesd/archive";
import { type Digest, type Entry, sha256 } from "@jamesd/model";
import { type FileSystem, ImageDisks, pick, requireTool, skipUnless, sweepTest } from "@jamesd/testkit";
import { neededBlobs } from "../src/data/needed-blobs.ts";
import { openStores, type Stores } from "../src/data/stores.ts";
import { ingestPacket } from "../src/ingest/ingest.ts";
import { chunked } from "./blob-store.contract.ts";
import { replacingSync } from "./replace-sync.ts";
import { storeHere } from "./store-here.ts";

const skip =
  requireTool("mkfs.xfs", "mkfs.ext4", "mkfs.btrfs", "losetup", "mount") ||
  skipUnless(process.getuid?.() === 0, "needs root to mount");

/** What a server had acknowledged: uploads by their length, packets by their digest. */
interface Acknowledged {
  readonly uploads: ReadonlyMap<Digest, number>;
  readonly packets: readonly Digest[];
}

/** What happens at a sync: it is told before and after, and left out when it says so. */
type OnSync = (number: number, when: "before" | "after") => void;

const CONTENTS = {
  small: Buffer.from("a small file\n"),
  large: Buffer.from("a large file that compresses well\n".repeat(20_000)),
  random: Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * n * 2654435761) >>> 13)),
};

async function archiveOf(names: readonly (keyof typeof CONTENTS)[]): Promise<Buffer> {
  const base = { uid: 0, gid: 0, mode: 0o644 };
  const entries = names.map((name): Entry => {
    const content = CONTENTS[name];
    return { ...base, type: "file", path: name, size: content.length, digest: sha256(content) };
  });
  const byDigest = new Map(Object.values(CONTENTS).map((content) => [sha256(content), content]));
  return buffer(writeArchive(entries, (digest) => Readable.from([byDigest.get(digest)])));
}

/** Uploads two packets in two pieces each, as a client does, and says what was acknowledged when. */
async function work(data: string, acknowledge: (now: Acknowledged) => void): Promise<void> {
  const stores = await openStores(data);
  const uploads = new Map<Digest, number>();
  const packets: Digest[] = [];
  const now = (): void => acknowledge({ uploads: new Map(uploads), packets: [...packets] });
  try {
    for (const names of [
      ["small", "random"],
      ["small", "large"],
    ] as const) {
      const archive = await archiveOf(names);
      const upload = sha256(archive);
      for (const [from, to] of [
        [0, 5000],
        [5000, archive.length],
      ] as const) {
        uploads.set(upload, await stores.uploads.append(upload, from, chunked(archive.subarray(from, to))));
        now();
      }
      const request = {
        name: names.join("-"),
        tags: [],
        upload,
        scripts: { preinst: Buffer.from(names[1]) },
      };
      uploads.delete(upload);
      const { info } = await ingestPacket(
        request,
        { author: "olga", address: "10.0.0.1", time: 1 },
        {
          ...stores,
          packets: stores.repository.packets,
          make: storeHere,
          failed: (thrown) => assert.fail(String(thrown)),
        },
        new AbortController().signal,
      );
      packets.push(info.digest);
      now();
      for (const digest of stores.blobs.hurried) await stores.blobs.recompress(digest);
      now();
    }
  } finally {
    await stores.close();
  }
}

/** Runs a piece of work while every sync of an open file is watched, and one left out where that is wanted. Gives the numbers of those of files. */
async function watchingSyncs(
  onSync: OnSync,
  without: number | undefined,
  run: () => Promise<void>,
): Promise<readonly number[]> {
  const files: number[] = [];
  let count = 0;
  await replacingSync(async (file, sync) => {
    const number = count++;
    if (fstatSync(file).isFile()) files.push(number);
    onSync(number, "before");
    if (number !== without) await sync();
    onSync(number, "after");
  }, run);
  return files;
}

interface Cut {
  readonly name: string;
  readonly where: string;
  readonly acknowledged: Acknowledged;
}

/** Does the work once, cuts the power before and after every sync and at every acknowledgement, and looks at each cut. */
async function sweep(
  fs: FileSystem,
  without?: number,
): Promise<{ cuts: number; files: readonly number[]; broken: string | undefined }> {
  using disks = new ImageDisks(fs, ["data"]);
  disks.copy("empty", "run");
  const mounted = disks.mount("run");
  const cuts: Cut[] = [];
  let acknowledged: Acknowledged = { uploads: new Map(), packets: [] };
  const cut = (where: string): void => {
    const name = `cut${cuts.length}`;
    disks.copy("run", name);
    cuts.push({ name, where, acknowledged });
  };
  const files = await watchingSyncs(
    (number, when) => cut(`${when} sync ${number}`),
    without,
    () =>
      work(join(mounted.data, "jamesd"), (now) => {
        acknowledged = now;
        cut(`after ${now.packets.length} packets`);
      }),
  );
  disks.unmount(mounted);
  let broken: string | undefined;
  const looked = without === undefined ? pick(fs, cuts, 5) : cuts;
  for (const one of looked) broken ??= await look(one, disks);
  return { cuts: cuts.length, files, broken };
}

/** What is wrong after the power came back. */
async function look(
  { name, where, acknowledged }: Cut,
  disks: ImageDisks<"data">,
): Promise<string | undefined> {
  const mounted = disks.mount(name);
  const data = join(mounted.data, "jamesd");
  try {
    const stores = await openStores(data);
    try {
      for (const [digest, length] of acknowledged.uploads)
        assert.ok(
          (await stores.uploads.offset(digest)) >= length,
          "an upload is shorter than was acknowledged",
        );
      const packets = await stores.repository.packets.all();
      for (const digest of acknowledged.packets)
        assert.ok(
          packets.some((packet) => packet.digest === digest),
          "a packet that was acknowledged is lost",
        );
      await checkBlobs(stores);
    } finally {
      await stores.close();
    }
    return undefined;
  } catch (thrown) {
    return `${where}: ${(thrown as Error).message.split("\n").slice(0, 5).join(" ")}`;
  } finally {
    disks.unmount(mounted);
    disks.remove(name);
  }
}

/** Nothing that is visible may lack a content, acknowledged or not; and a collection finds what no packet needs. */
async function checkBlobs(stores: Stores): Promise<void> {
  const needed = await neededBlobs(stores.repository);
  for (const digest of needed)
    assert.equal(await stores.blobs.check(digest), "sound", "a packet lacks a content");
  await stores.collect();
  assert.equal(
    (await stores.blobs.collect(async () => new Set())).blobs,
    needed.size,
    "something was left over",
  );
}

for (const fs of ["ext4", "btrfs"] as const)
  sweepTest(
    `the power of a server is cut on ${fs}: what was acknowledged is there, nothing is seen that is not whole`,
    {
      skip,
    },
    async (t) => {
      const { cuts, broken } = await sweep(fs);
      t.diagnostic(`${cuts} cuts`);
      assert.equal(broken, undefined);
    },
  );

// Without the sync of a folder these file systems happen to keep its names here.
sweepTest("and would not be, were the sync of any file left out", { skip }, async (t) => {
  const { files } = await sweep("ext4");
  t.diagnostic(`syncs ${files.join()}`);
  assert.ok(files.length > 5);
  for (const without of pick("syncs", files, 1)) {
    const { broken } = await sweep("ext4", without);
    assert.ok(broken, `nothing missed sync ${without}`);
  }
});
