/** What programs pack of a tree, in any of their formats, is read as GNU tar unpacks it again. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Entry, sha256 } from "@jamesd/model";
import { skipUnless } from "@jamesd/testkit";
import fc from "fast-check";
import { writeArchive } from "../src/index.ts";
import { MemorySink, missing, rawEntry, rawTar, read, run } from "./archives.ts";
import { type Tree, trees } from "./trees.ts";

const UNPACK = ["-xp", "--same-owner", "--numeric-owner", "--delay-directory-restore"];
const PYTHON = `
import sys, tarfile
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=getattr(tarfile, sys.argv[1])) as tar:
    tar.add(sys.argv[2], arcname=".")`;

/** Packs a folder; the oldest formats leave out what they cannot hold, such as long names. */
interface Packer {
  readonly program: string;
  readonly holdsAll: boolean;
  readonly args: (folder: string) => readonly string[];
}

const gnuTar = (format: string, holdsAll: boolean): Packer => ({
  program: "tar",
  holdsAll,
  args: (folder) => ["-c", `--format=${format}`, "-C", folder, "."],
});
const python = (format: string): Packer => ({
  program: "python3",
  holdsAll: true,
  args: (folder) => ["-c", PYTHON, format, folder],
});
const PACKERS: Readonly<Record<string, Packer>> = {
  "GNU tar as v7": gnuTar("v7", false),
  "GNU tar as ustar": gnuTar("ustar", false),
  "GNU tar as oldgnu": gnuTar("oldgnu", true),
  "GNU tar as gnu": gnuTar("gnu", true),
  "GNU tar as pax": gnuTar("pax", true),
  "Python as gnu": python("GNU_FORMAT"),
  "Python as pax": python("PAX_FORMAT"),
};

test("a contiguous file is a file, as tar unpacks it", { skip: missing("tar") }, async () => {
  const tar = rawTar({ name: "c", type: "7", content: "x" }, { name: "after", content: "y" });
  // That it says so does no harm.
  assert.equal(spawnSync("tar", ["-xO"], { input: tar }).stdout.toString(), "xy");
  const sink = new MemorySink();
  const manifest = await read(tar, { sink });
  assert.deepEqual(
    manifest.map((entry) => entry.type === "file" && [entry.path, sink.blobs.get(entry.digest)?.toString()]),
    [
      ["after", "y"],
      ["c", "x"],
    ],
  );
});

test("the three gzip members of an Alpine package are one archive, though the first two have no end", async () => {
  const first = rawEntry({ name: ".SIGN.RSA.k.rsa.pub", content: "sig" });
  const second = rawEntry({ name: ".PKGINFO", content: "pkgname = x\n" });
  const third = rawTar({ name: "usr/", type: "5", mode: 0o755 }, { name: "usr/f", content: "x" });
  const manifest = await read(Buffer.concat([first, second, third].map((part) => gzipSync(part))));
  assert.deepEqual(
    manifest.map(({ path }) => path),
    [".PKGINFO", ".SIGN.RSA.k.rsa.pub", "usr", "usr/f"],
  );
});

for (const [name, packer] of Object.entries(PACKERS))
  test(
    `what is packed by ${name} is read as tar unpacks it`,
    {
      skip:
        missing("tar", packer.program) ||
        skipUnless(process.getuid?.() === 0, "needs root to give files away"),
    },
    () =>
      fc.assert(
        fc.asyncProperty(trees, (tree) => compare(packer.holdsAll ? tree : withShortTargets(tree), packer)),
        { numRuns: 10, endOnFailure: true },
      ),
  );

async function compare(tree: Tree, packer: Packer): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-as-tar-"));
  try {
    const [from, to] = [join(folder, "from"), join(folder, "to")];
    for (const path of [from, to]) mkdirSync(path);
    run("tar", [...UNPACK, "-C", from], await written(tree));
    // Of names that are left out tar makes no links.
    if (packer.holdsAll) addLinks(from, tree);
    const { stdout } = spawnSync(packer.program, packer.args(from), { maxBuffer: 2 ** 30 });
    run("tar", [...UNPACK, "-C", to], stdout);
    assert.deepEqual((await read(stdout)).map(seenOf), standing(to));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function written({ manifest, blobs }: Tree): Promise<Buffer> {
  return buffer(
    writeArchive(manifest, (digest) => Readable.from([blobs.get(digest) ?? assert.fail(digest)])),
  );
}

// A target that its format does not hold GNU tar cuts, in the middle of a letter if need be, without a word.
function withShortTargets({ manifest, blobs }: Tree): Tree {
  const isShort = (entry: Entry) => entry.type !== "symlink" || Buffer.byteLength(entry.target) <= 100;
  return { manifest: manifest.filter(isShort), blobs };
}

/** Gives each file and symbolic link a second name. */
function addLinks(root: string, { manifest }: Tree): void {
  for (const { path, type } of manifest)
    if (type !== "directory") linkSync(join(root, path), join(root, `${path}.too`));
}

/** What an entry must have in common with what tar puts there. */
type Seen = { readonly path: string } & Readonly<Record<string, unknown>>;

function seenOf(entry: Entry): Seen {
  const { path, type, uid, gid } = entry;
  const seen = { path, type, uid, gid };
  if (entry.type === "symlink") return { ...seen, target: entry.target };
  if (entry.type === "directory") return { ...seen, mode: entry.mode };
  return { ...seen, mode: entry.mode, digest: entry.digest, first: entry.sameAs ?? path };
}

/** What stands below a folder, in the order of a manifest; links are not followed. */
function standing(root: string): readonly Seen[] {
  const firsts = new Map<number, string>();
  return pathsBelow(root, "").map((path) => {
    const place = join(root, path);
    const stats = lstatSync(place);
    const { uid, gid, ino } = stats;
    if (stats.isSymbolicLink()) return { path, type: "symlink", uid, gid, target: readlinkSync(place) };
    const mode = stats.mode & 0o7777;
    if (stats.isDirectory()) return { path, type: "directory", uid, gid, mode };
    const first = firsts.get(ino) ?? path;
    firsts.set(ino, first);
    return { path, type: "file", uid, gid, mode, digest: sha256(readFileSync(place)), first };
  });
}

function pathsBelow(root: string, folder: string): readonly string[] {
  const found = readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? [path, ...pathsBelow(root, path)] : [path];
  });
  return found.toSorted((a, b) => (a < b ? -1 : 1));
}
