import { statSync } from "node:fs";
import { cached, fetchRelease, keep } from "@jamesd/testkit";
import { timed } from "../install/command.ts";
import { openvpnTree } from "./openvpn.ts";
import { ESBUILD, NODE, TYPESCRIPT } from "./releases.ts";

/** One version of a tree, as those who measure want it. */
export interface Version {
  readonly tree: string;
  readonly tar: string;
  /** The same, as `xz -6` packs it. */
  readonly archive: string;
}

/** Two successive versions of the same thing. */
export interface Pair {
  readonly name: string;
  readonly title: string;
  readonly old: Version;
  readonly new: Version;
}

interface Source {
  readonly name: string;
  readonly title: string;
  readonly trees: () => Promise<readonly string[]>;
}

const SOURCES: readonly Source[] = [
  {
    name: "node",
    title: "Node 24.20.0 to 24.21.0, the program",
    trees: () => Promise.all(NODE.map((release) => fetchRelease(release, "bin/node"))),
  },
  {
    name: "esbuild",
    title: "esbuild 0.28.1 to 0.28.2",
    trees: () => Promise.all(ESBUILD.slice(-2).map((release) => fetchRelease(release))),
  },
  {
    name: "typescript",
    title: "TypeScript 5.9.2 to 5.9.3",
    trees: () => Promise.all(TYPESCRIPT.slice(-2).map((release) => fetchRelease(release))),
  },
  {
    name: "openvpn",
    title: "openvpn, a line of its configuration",
    trees: async () => [await openvpnTree(1194), await openvpnTree(1195)],
  },
];

/** Every pair, fetched and packed. */
export async function preparePairs(): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (const source of SOURCES) pairs.push(await preparePair(source));
  return pairs;
}

async function preparePair({ name, title, trees }: Source): Promise<Pair> {
  const [before = "", after = ""] = await trees();
  return { name, title, old: await pack(`${name}-old`, before), new: await pack(`${name}-new`, after) };
}

/** Packs a tree; the same tree gives the same tar on every machine. */
export async function pack(name: string, tree: string): Promise<Version> {
  const flags = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  const tar = await keep(cached("tar", `${name}.tar`), (part) =>
    timed("tar", ...flags, "-cf", part, "-C", tree, "."),
  );
  const archive = await keep(cached("tar", `${name}.tar.xz`), (part) =>
    timed("sh", "-c", 'xz -6 -T1 -c "$0" > "$1"', tar, part),
  );
  return { tree, tar, archive };
}

/** A file's size. */
export function bytesOf(path: string): number {
  return statSync(path).size;
}
