import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { importsBelow, ROOT } from "./imports.ts";

// What lies in one folder, files and folders alike, imports each other without circles; types count too. So two rooms never
// need each other, no two files do, and a file at the top of `src/` that a room imports cannot import that room.

/** The rooms of the server that know what is wanted of whom and where it is kept, but not how it is said on a wire. */
const SPEAK_NO_WIRE = ["device", "fleet", "desired", "rollouts", "enrollment", "repository", "sqlite"].map(
  (name) => `apps/jamesd/src/${name}`,
);

/** Who imports whom, each as a path below the top of the repository. */
type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** An import from one file to another as one between two things in the folder that holds both. */
function inOneFolder(file: string, imported: string): readonly [string, string] {
  const [from, to] = [file.split("/"), imported.split("/")];
  const parts = from.findIndex((name, i) => name !== to[i]) + 1;
  return [from.slice(0, parts).join("/"), to.slice(0, parts).join("/")];
}

function graphOf(edges: Iterable<readonly [string, string]>): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of edges) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  return graph;
}

/** Whether a way of imports leads from `from` to `to`. */
function reaches(graph: Graph, from: string, to: string): boolean {
  const seen = new Set<string>();
  const next = [from];
  for (let at = next.pop(); at !== undefined; at = next.pop())
    for (const name of graph.get(at) ?? []) {
      if (name === to) return true;
      if (!seen.has(name)) next.push(name);
      seen.add(name);
    }
  return false;
}

const parts = ["packages", "apps"].flatMap((base) =>
  readdirSync(join(ROOT, base)).map((name) => `${base}/${name}/src`),
);
const edges = parts
  .flatMap(importsBelow)
  .filter(({ specifier }) => specifier.startsWith("."))
  .map(({ file, specifier }) => inOneFolder(file, join(dirname(file), specifier)));
const named = ([from, to]: readonly [string, string]) => `${from} -> ${to}`;

test("a way of imports is found, and a circle with it", () => {
  const graph = graphOf([
    ["a", "b"],
    ["b", "c"],
    ["c", "b"],
  ]);
  assert.deepEqual(
    ["a", "b", "c"].map((name) => reaches(graph, name, name)),
    [false, true, true],
  );
  assert.deepEqual(inOneFolder("x/src/a/b.ts", "x/src/c/d/e.ts"), ["x/src/a", "x/src/c"]);
  assert.deepEqual(inOneFolder("x/src/b.ts", "x/src/c/d/e.ts"), ["x/src/b.ts", "x/src/c"]);
});

test("no two folders and no two files import each other", () => {
  const graph = graphOf(edges);
  const circles = edges.filter(([from, to]) => reaches(graph, to, from)).map(named);
  assert.deepEqual([...new Set(circles)], []);
});

test("what the server wants and keeps is said without the protocol's words", () => {
  const speaking = SPEAK_NO_WIRE.filter((room) =>
    importsBelow(room).some(({ specifier }) => specifier.startsWith("@jamesd/protocol")),
  );
  assert.deepEqual(speaking, []);
});
