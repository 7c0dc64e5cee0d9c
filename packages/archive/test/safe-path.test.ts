import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import { type Entry, type ErrorCode, type Manifest, sha256 } from "@jamesd/model";
import fc from "fast-check";
import { checkManifest, checkPath, checkTarget, DEFAULT_LIMITS } from "../src/safe-path.ts";
import { refusedWith } from "./archives.ts";
import { trees } from "./trees.ts";

const file: Entry = { type: "file", path: "f", uid: 0, gid: 0, mode: 0o644, size: 1, digest: sha256("x") };
const link: Entry = { type: "symlink", path: "l", uid: 0, gid: 0, target: "f" };
const directory: Entry = { type: "directory", path: "d", uid: 0, gid: 0, mode: 0o755 };

/** As a hostile server could send it. */
function lie(entry: Entry, fields: Record<string, unknown>): Entry {
  return { ...entry, ...fields } as Entry;
}

const REFUSED: Readonly<Record<string, readonly [Manifest, ErrorCode?]>> = {
  "a path that climbs": [[lie(file, { path: "../f" })]],
  "an absolute path": [[lie(file, { path: "/f" })]],
  "the root": [[lie(directory, { path: "." })]],
  "an empty path": [[lie(file, { path: "" })]],
  "half a surrogate pair": [[lie(file, { path: "\ud800" })]],
  "a path twice": [[file, file]],
  "a path out of order": [[link, file]],
  "something below a file": [[file, lie(file, { path: "f/x" })]],
  "something below a link": [[link, lie(directory, { path: "l/x" })]],
  "something deep below a link": [[link, lie(file, { path: "l/x/y" })]],
  "an unknown type": [[lie(file, { type: "fifo" })]],
  "a link out of the root": [[lie(link, { target: "../x" })]],
  "a wrong mode": [[lie(file, { mode: 0o10000 })]],
  "a fraction of a mode": [[lie(directory, { mode: 0.5 })]],
  "a negative size": [[lie(file, { size: -1 })]],
  "a size that is no number": [[lie(file, { size: Number.NaN })]],
  "an owner that is no number": [[lie(file, { uid: "0" })]],
  "the owner that means none": [[lie(file, { gid: 2 ** 32 - 1 })]],
  "a digest that is a path": [[lie(file, { digest: "../../etc/passwd" })]],
  "a setuid file": [[lie(file, { mode: 0o4755 })]],
  "a file with capabilities": [[lie(file, { capability: "0100000200200000000000000000000000000000" })]],
  "too many bytes": [[lie(file, { size: 2 ** 50 })], "ARCHIVE_TOO_LARGE"],
};

for (const [what, [manifest, code = "ARCHIVE_UNSAFE"]] of Object.entries(REFUSED))
  test(`a manifest is refused: ${what}`, () =>
    assert.throws(() => checkManifest(manifest), refusedWith(code)));

test("a manifest of too many entries is refused", () =>
  assert.throws(
    () => checkManifest([directory, file], { ...DEFAULT_LIMITS, entries: 1 }),
    refusedWith("ARCHIVE_TOO_LARGE"),
  ));

test("every tree that a packet may have is accepted", () =>
  fc.assert(fc.property(trees, ({ manifest }) => checkManifest(manifest))));

const anyPath = fc
  .array(fc.constantFrom("a", "b", "..", ".", "", "..."), { maxLength: 6 })
  .map((parts) => parts.join("/"));

test("a path that is accepted is its own normal form below the root", () =>
  fc.assert(
    fc.property(anyPath, (path) => {
      const normal = posix.join("/root", path);
      const isSafe =
        path !== "" && !path.startsWith("/") && normal === `/root/${path}` && !path.endsWith("/");
      if (isSafe) checkPath(path);
      else assert.throws(() => checkPath(path), refusedWith("ARCHIVE_UNSAFE"));
    }),
    { numRuns: 2000 },
  ));

test("a relative target that is accepted never climbs above the root on its way", () =>
  fc.assert(
    fc.property(fc.constantFrom("l", "a/l", "a/b/l"), anyPath, (path, target) => {
      fc.pre(target !== "");
      const steps = target.split("/").map((_, i, parts) => parts.slice(0, i + 1).join("/"));
      const climbs =
        !target.startsWith("/") &&
        steps.some((step) => posix.join(posix.dirname(path), step).split("/")[0] === "..");
      if (climbs) assert.throws(() => checkTarget(path, target), refusedWith("ARCHIVE_UNSAFE"));
      else checkTarget(path, target);
    }),
    { numRuns: 2000 },
  ));

test("what Unicode calls a control character is refused, and nothing else of its first 65,536", () => {
  for (let code = 0; code < 0x10000; code++) {
    const character = String.fromCharCode(code);
    if (!character.isWellFormed() || "/\uFFFD.".includes(character)) continue;
    if (/\p{Cc}/u.test(character)) assert.throws(() => checkPath(character), refusedWith("ARCHIVE_UNSAFE"));
    else checkPath(character);
  }
});
