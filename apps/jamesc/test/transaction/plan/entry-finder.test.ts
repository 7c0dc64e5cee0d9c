import assert from "node:assert/strict";
import { test } from "node:test";
import type { Manifest } from "@jamesd/model";
import fc from "fast-check";
import { EntryFinder } from "../../../src/transaction/plan/entry-finder.ts";

const path = fc.stringMatching(/^[a-c](\/[a-c]){0,2}$/);
const paths = fc.uniqueArray(path, { maxLength: 12 });

test("law: an entry is found by its path in whatever order it is asked for, and which manifest has it is told", () => {
  fc.assert(
    fc.property(paths, fc.array(fc.nat(2)), fc.array(path, { maxLength: 30 }), (all, parts, asked) => {
      const manifests = [0, 1, 2].map((which) =>
        manifestOf(all.filter((_, at) => (parts[at] ?? 0) === which)),
      );
      const finder = new EntryFinder(manifests);
      for (const wanted of [...asked, ...all.toSorted()]) {
        const which = manifests.findIndex((manifest) => manifest.some((entry) => entry.path === wanted));
        assert.equal(finder.find(wanted)?.path, which < 0 ? undefined : wanted);
        if (which >= 0) assert.equal(finder.which, which);
      }
    }),
  );
});

function manifestOf(paths: readonly string[]): Manifest {
  return paths.toSorted().map((path) => ({ type: "symlink", path, target: "/", uid: 0, gid: 0 }));
}
