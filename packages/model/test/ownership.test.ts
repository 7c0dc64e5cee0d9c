import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Entry,
  findPathConflict,
  foldersAbove,
  manifestBlobs,
  manifestSize,
  mergedPathsInSteps,
  otherNames,
  ownedPaths,
  parentPaths,
  sha256,
  sortedManifest,
  unsharablePathInSteps,
  whole,
} from "@jamesd/model";
import fc from "fast-check";
import { entries } from "./arbitraries.ts";

const owner = { uid: 0, gid: 0 };
const file = (path: string): Entry => ({
  type: "file",
  path,
  mode: 0o644,
  size: 1,
  digest: sha256("x"),
  ...owner,
});
const directory = (path: string): Entry => ({ type: "directory", path, mode: 0o755, ...owner });
const link = (path: string): Entry => ({ type: "symlink", path, target: "elsewhere", ...owner });

function conflictOf(...manifests: Entry[][]) {
  return findPathConflict(manifests.map((manifest, i) => ({ app: `app-${i}`, manifest })));
}

// Which paths a packet makes, and whether as a directory: by the words of the design, one path at a time.
function claims(manifest: readonly Entry[]): Map<string, boolean> {
  const made = new Map(manifest.map((entry) => [entry.path, entry.type === "directory"]));
  for (const entry of manifest)
    for (let end = entry.path.lastIndexOf("/"); end > 0; end = entry.path.lastIndexOf("/", end - 1))
      made.set(entry.path.slice(0, end), true);
  return made;
}

function oracle(manifests: readonly (readonly Entry[])[]): string | undefined {
  const all = manifests.map(claims);
  const clashes = all.flatMap((one, i) =>
    all
      .slice(i + 1)
      .flatMap((other) => [...one].filter(([path, isDir]) => other.has(path) && !(isDir && other.get(path))))
      .map(([path]) => path),
  );
  return clashes.sort()[0];
}

describe("who owns a path", () => {
  test("directories are shared, also those that are only implied", () => {
    assert.equal(conflictOf([directory("etc"), file("etc/a")], [directory("etc"), file("etc/b")]), undefined);
    assert.equal(conflictOf([file("etc/a")], [directory("etc")], [file("etc/b")]), undefined);
  });

  test("a merged /usr has one place for each pair of names, and a packet without such names is not copied", () => {
    const names = [
      "bin/a",
      "sbin/a",
      "lib/a",
      "lib64/x/a",
      "libx32/a",
      "library/a",
      "bin",
      "usr/bin/a",
      "opt/bin/a",
    ];
    const merged = whole(mergedPathsInSteps(new Map(names.map((name) => [name, false]))));
    const places = [
      "usr/bin/a",
      "usr/sbin/a",
      "usr/lib/a",
      "usr/lib64/x/a",
      "usr/libx32/a",
      "library/a",
      "bin",
    ];
    assert.deepEqual([...merged.keys()], [...places, "opt/bin/a"]);
    const other = ownedPaths([file("usr/bin/a")]);
    assert.equal(whole(mergedPathsInSteps(other)), other);
  });

  test("nothing is looked for among those that are there already", () => {
    const owned = (app: string, ...paths: string[]) => ({ app, manifest: paths.map(file) });
    const there = [owned("a", "x", "y"), owned("b", "x")];
    assert.equal(findPathConflict([owned("c", "z")], there), undefined);
    assert.deepEqual(findPathConflict([owned("c", "y")], there), { path: "y", apps: ["a", "c"] });
  });

  test("a file of two packets is a conflict that names the path and both", () => {
    assert.deepEqual(conflictOf([file("usr/bin/x")], [file("a")], [file("usr/bin/x")]), {
      path: "usr/bin/x",
      apps: ["app-0", "app-2"],
    });
  });

  test("a file or link where another packet has a directory is a conflict", () => {
    for (const leaf of [file("lib"), link("lib")]) {
      assert.equal(conflictOf([leaf], [directory("lib")])?.path, "lib");
      assert.equal(conflictOf([leaf], [file("lib/x/y")])?.path, "lib");
      assert.equal(conflictOf([file("lib/x/y")], [leaf])?.path, "lib");
    }
    assert.equal(conflictOf([link("lib")], [link("lib")])?.path, "lib");
    assert.equal(conflictOf([file("lib")], [file("lib64")]), undefined);
  });

  test("law: it finds what comparing every pair of packets finds, and names two that do clash", () => {
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 4 }), (manifests) => {
        const found = conflictOf(...manifests);
        assert.equal(found?.path, oracle(manifests));
        if (!found) return;
        const [a, b] = found.apps.map((app) => manifests[Number(app.slice(4))] ?? []);
        assert.ok(a && b && a !== b);
        assert.equal(oracle([a, b]), found.path);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("manifests", () => {
  test("law: sorted, every folder stands before what is in it, and sorting again changes nothing", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const manifest = sortedManifest(list);
        const places = new Map(manifest.map((entry, i) => [entry.path, i]));
        for (const [path, place] of places)
          for (const parent of parentPaths(path)) assert.ok((places.get(parent) ?? -1) < place);
        assert.deepEqual(sortedManifest(manifest.toReversed()), manifest);
      }),
    );
  });

  test("the folders above a path, outermost first", () => {
    assert.deepEqual(parentPaths("usr/lib/x/y"), ["usr", "usr/lib", "usr/lib/x"]);
    assert.deepEqual(parentPaths("usr"), []);
    fc.assert(
      fc.property(entries, (manifest) => {
        const paths = manifest.map(({ path }) => path);
        assert.deepEqual(foldersAbove(paths), new Set(paths.flatMap(parentPaths)));
      }),
    );
  });

  test("the size counts every file, the blobs each content once", () => {
    const manifest = [directory("d"), file("d/a"), file("d/b"), link("l")];
    assert.equal(manifestSize(manifest), 2);
    assert.deepEqual([...manifestBlobs(manifest)], [[sha256("x"), 1]]);
  });

  test("law: of packets together, what two of them alone say is the first", () => {
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 4 }), (manifests) => {
        const owned = manifests.map(ownedPaths);
        const pairs = owned.flatMap((one, i) =>
          owned.slice(i + 1).map((other) => whole(unsharablePathInSteps(one, other))),
        );
        const first = pairs.filter((path) => path !== undefined).sort()[0];
        assert.equal(first, conflictOf(...manifests.map((manifest) => [...manifest]))?.path);
      }),
    );
  });
});

test("a path has another name where /usr is merged, in both directions", () => {
  for (const [one, other] of [
    ["bin/sh", "usr/bin/sh"],
    ["lib64/ld.so", "usr/lib64/ld.so"],
  ] as const) {
    assert.deepEqual(otherNames(one), [other]);
    assert.deepEqual(otherNames(other), [one]);
  }
  for (const path of ["etc/bin/sh", "usr/share/x", "usr/usr/bin/sh", "bin", "library/x"])
    assert.deepEqual(otherNames(path), []);
});
