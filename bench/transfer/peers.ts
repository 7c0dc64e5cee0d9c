import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached, keep, requireTool } from "@jamesd/testkit";
import { timed } from "../install/command.ts";
import { bytesOf, type Pair } from "./pair.ts";

/** Another way to bring a device from one tar to the next. */
export interface Peer {
  readonly name: string;
  /** The program, and Debian's package that has it. */
  readonly tool: readonly [program: string, debianPackage: string];
  /** How many bytes have to travel; made once and kept in the cache. */
  readonly bytes: (pair: Pair) => Promise<number>;
  /** The command that makes `to` of what came and of the old tar; undefined: not measured. */
  readonly apply?: (pair: Pair, to: string) => readonly string[];
}

/** Twice the largest tar, so that every source fits in whole. */
const XDELTA_WINDOW = 512 * 1024 * 1024;
const SECONDARY = ["djw", "lzma"] as const;

export const PEERS: readonly Peer[] = [
  {
    name: "tar.xz, whole",
    tool: ["xz", "xz-utils"],
    bytes: async (pair) => bytesOf(pair.new.archive),
    apply: (pair, to) => ["sh", "-c", 'mkdir "$1" && tar -xJf "$0" -C "$1"', pair.new.archive, to],
  },
  {
    name: "xdelta3 -9",
    tool: ["xdelta3", "xdelta3"],
    bytes: async (pair) => bytesOf(await makeXdeltas(pair)),
    apply: (pair, to) => [
      "xdelta3",
      "-d",
      "-B",
      `${XDELTA_WINDOW}`,
      "-s",
      pair.old.tar,
      smallestXdelta(pair),
      to,
    ],
  },
  {
    name: "bsdiff",
    tool: ["bsdiff", "bsdiff"],
    bytes: async (pair) =>
      bytesOf(await keep(delta(pair, "bsdiff"), (part) => timed("bsdiff", pair.old.tar, pair.new.tar, part))),
    apply: (pair, to) => ["bspatch", pair.old.tar, to, delta(pair, "bsdiff")],
  },
  {
    name: "zstd --patch-from -19",
    tool: ["zstd", "zstd"],
    bytes: async (pair) =>
      bytesOf(
        await keep(delta(pair, "zst"), (part) =>
          timed("zstd", "-q", `--patch-from=${pair.old.tar}`, "-19", "--long=31", pair.new.tar, "-o", part),
        ),
      ),
    apply: (pair, to) => [
      ...["zstd", "-q", "-d", `--patch-from=${pair.old.tar}`, "--long=31"],
      ...[delta(pair, "zst"), "-o", to],
    ],
  },
  { name: "casync", tool: ["casync", "casync"], bytes: casyncBytes },
];

/** Why a peer cannot be measured here; undefined when it can. */
export function missing({ name, tool: [program, debianPackage] }: Peer): string | undefined {
  if (requireTool(program) === false) return undefined;
  return `${name} was not measured: there is no ${program} here; \`apt-get install ${debianPackage}\` has it.`;
}

function delta(pair: Pair, kind: string): string {
  return cached("delta", `${pair.name}.${kind}`);
}

async function makeXdeltas(pair: Pair): Promise<string> {
  for (const secondary of SECONDARY) await makeXdelta(pair, secondary);
  return smallestXdelta(pair);
}

function makeXdelta(pair: Pair, secondary: string): Promise<string> {
  const flags = ["-e", "-f", "-9", "-S", secondary, "-B", `${XDELTA_WINDOW}`];
  return keep(delta(pair, `xdelta-${secondary}`), (part) =>
    timed("xdelta3", ...flags, "-s", pair.old.tar, pair.new.tar, part),
  );
}

function smallestXdelta(pair: Pair): string {
  const made = SECONDARY.map((secondary) => delta(pair, `xdelta-${secondary}`));
  return made.toSorted((a, b) => bytesOf(a) - bytesOf(b))[0] ?? "";
}

/** The chunks that the old store does not have, compressed, and the index. */
async function casyncBytes(pair: Pair): Promise<number> {
  const kept = await keep(delta(pair, "casync-bytes"), async (part) => {
    const store = delta(pair, "castr");
    const make = (index: string, tar: string): Promise<number> =>
      timed("casync", "make", `--store=${store}`, index, tar);
    const [before, after] = [delta(pair, "old.caibx"), delta(pair, "new.caibx")];
    await make(before, pair.old.tar);
    const held = bytesBelow(store);
    await make(after, pair.new.tar);
    writeFileSync(part, String(bytesBelow(store) - held + bytesOf(after)));
    for (const path of [store, before, after]) rmSync(path, { recursive: true });
  });
  return Number(readFileSync(kept, "utf8"));
}

/** The sizes of all files below a folder. */
export function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
