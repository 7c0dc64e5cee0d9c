import assert from "node:assert/strict";
import type { Packet, ScriptName } from "@jamesd/model";
import { readTree } from "@jamesd/testkit";
import fc from "fast-check";
import { Bench, NEVER, planFor, Shelf, type Tree } from "./fixture.ts";

const NAMES = ["a", "b", "c"] as const;
/** Few names, so that packets share directories, follow each other on a path and change its type. */
const paths = fc
  .array(fc.constantFrom("x", "y", "z"), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("/"));
const spec = fc.oneof(
  fc.constantFrom("one\n", "two\n", "three\n"),
  fc.constantFrom("x", "/y/z", "nowhere").map((link) => ({ link })),
  fc.constantFrom(0o755, 0o700).map((dir) => ({ dir })),
);
const scriptNames = fc.constantFrom<ScriptName>("preinst", "postinst", "prerm", "postrm");

/** An app that is wished for. */
export interface Wish {
  readonly name: string;
  readonly tree: Tree;
  /** The script that fails; undefined for a packet that can be installed. */
  readonly failing: ScriptName | undefined;
}

export const wish: fc.Arbitrary<Wish> = fc.record({
  name: fc.constantFrom(...NAMES),
  tree: fc.dictionary(paths, spec, { minKeys: 1, maxKeys: 5 }).filter(isTree),
  failing: fc.option(scriptNames, { freq: 6, nil: undefined }),
});

/** Nothing stands below a file or a link. */
function isTree(tree: Tree): boolean {
  const solid = Object.keys(tree).filter(
    (path) => typeof tree[path] === "string" || "link" in (tree[path] as object),
  );
  return !Object.keys(tree).some((path) => solid.some((above) => path.startsWith(`${above}/`)));
}

/** The tree of a device that never had anything but these packets. */
export async function freshTree(wanted: readonly Packet[], shelf: Shelf): Promise<object> {
  using bench = new Bench();
  const quiet = new Shelf();
  for (const [digest, content] of shelf.blobs) quiet.blobs.set(digest, content);
  const device = await bench.open();
  // One after the other, so that the modes of shared directories are those of the first, as on the device under test.
  const result = await device.carryOut(planFor([], wanted, shelf), shelf, NEVER);
  assert.equal(result.outcome, "committed", result.error?.message);
  return withoutSharedModes(readTree(bench.root));
}

/** A tree without what depends on history: which packet's mode a shared directory has. */
export function withoutSharedModes(tree: ReturnType<typeof readTree>): object {
  return Object.fromEntries(
    Object.entries(tree).map(([path, entry]) => [
      path,
      entry.type === "directory" ? { ...entry, mode: 0 } : entry,
    ]),
  );
}
