import assert from "node:assert/strict";
import { test } from "node:test";
import type { Packet, ScriptName } from "@jamesd/model";
import { findPathConflict } from "@jamesd/model";
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

interface Wish {
  readonly name: string;
  readonly tree: Tree;
  /** The script that fails; undefined for a packet that can be installed. */
  readonly failing: ScriptName | undefined;
}

const wish: fc.Arbitrary<Wish> = fc.record({
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
async function freshTree(wanted: readonly Packet[], shelf: Shelf): Promise<object> {
  using bench = new Bench();
  const quiet = new Shelf();
  for (const [digest, content] of shelf.blobs) quiet.blobs.set(digest, content);
  const device = await bench.open();
  // One after the other, so that the modes of shared directories are those of the first, as on the device under test.
  const result = await device.carryOut(planFor([], wanted, shelf), shelf, NEVER);
  assert.equal(result.outcome, "committed", result.error?.message);
  return withoutSharedModes(readTree(bench.root));
}

// Which packet's mode a shared directory has depends on which came first.
function withoutSharedModes(tree: ReturnType<typeof readTree>): object {
  return Object.fromEntries(
    Object.entries(tree).map(([path, entry]) => [
      path,
      entry.type === "directory" ? { ...entry, mode: 0 } : entry,
    ]),
  );
}

test("whatever is wished in whatever order, a device has exactly that, or exactly what it had", async () => {
  const outcomes = { committed: 0, "rolled-back": 0, stuck: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(wish, { maxLength: 3 }), { minLength: 1, maxLength: 6 }),
      async (wishes) => {
        using bench = new Bench();
        const shelf = new Shelf();
        let device = await bench.open();
        for (const [index, wished] of wishes.entries()) {
          const unique = [...new Map(wished.map((one) => [one.name, one])).values()];
          const wanted = unique.map(({ name, tree, failing }) =>
            // Only while it goes forward: an undo that fails as well is another law.
            shelf.add(name, tree, failing ? { [failing]: 'test -n "$JAMES_UNDO"\n' } : {}),
          );
          if (findPathConflict(wanted.map(({ name, manifest }) => ({ app: name, manifest })))) continue;
          const before = readTree(bench.root);
          const result = await device.carryOut(
            planFor(device.installed, wanted, shelf, index + 1),
            shelf,
            NEVER,
          );
          outcomes[result.outcome] += 1;
          if (result.outcome === "rolled-back") {
            assert.equal(result.error?.code, "SCRIPT_FAILED", result.error?.message);
            assert.deepEqual(readTree(bench.root), before);
            // A packet that cannot be removed must not end the story: the next wishes go on from here.
            continue;
          }
          assert.deepEqual(
            device.installed.map(({ digest }) => digest),
            wanted.map(({ digest }) => digest),
          );
          const quiet = wanted.map((packet) =>
            shelf.add(packet.name, unique.find(({ name }) => name === packet.name)?.tree ?? {}),
          );
          assert.deepEqual(withoutSharedModes(readTree(bench.root)), await freshTree(quiet, shelf));
          if (index % 2 === 1) device = await bench.open();
        }
      },
    ),
    { numRuns: 150 },
  );
  assert.ok(outcomes.committed > 100 && outcomes["rolled-back"] > 20, JSON.stringify(outcomes));
});
