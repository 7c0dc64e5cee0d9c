// Makes single executables, a Node and a program in one file: dist/agent/PROGRAM-linux-ARCH, on any machine for any other.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ParseArgsConfig } from "node:util";
import { bundleForExecutable, IN_EXECUTABLES } from "./bundle.ts";
import { runCommand } from "./command-line.ts";
import { makeExecutable } from "./executable/executable.ts";
import { NODES, nodeBinary } from "./executable/node-binary.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
const USAGE = `run build:agent -- [--arch ARCH]... [--program PROGRAM] [--node-binary FILE] [--out DIR]

ARCH is ${Object.keys(NODES).join(", ")}; unless given, this machine's.
PROGRAM is ${IN_EXECUTABLES.join(", ")}.`;
const FLAGS = {
  options: {
    arch: { type: "string", multiple: true, default: [process.arch] },
    program: { type: "string", default: "jamesc" },
    "node-binary": { type: "string" },
    out: { type: "string", default: join(REPOSITORY, "dist/agent") },
  },
} as const satisfies ParseArgsConfig;

function make(node: string, program: string, bundle: Buffer): Buffer {
  try {
    return makeExecutable(readFileSync(node), { name: `${program}.cjs`, text: bundle });
  } catch (cause) {
    throw new Error(`${node} cannot be taken: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Whole or not at all: what is there may be running. */
function write(file: string, bytes: Buffer): void {
  writeFileSync(`${file}.part`, bytes, { mode: 0o755 });
  renameSync(`${file}.part`, file);
}

await runCommand(USAGE, FLAGS, async ({ values }) => {
  const { arch: archs, program, out, "node-binary": given } = values;
  if (!IN_EXECUTABLES.includes(program))
    throw new Error(`${program} is none of ${IN_EXECUTABLES.join(", ")}`);
  if (given !== undefined && archs.length > 1) throw new Error("--node-binary is for one --arch");
  const bundle = await bundleForExecutable(program);
  mkdirSync(out, { recursive: true });
  for (const arch of archs) {
    const file = join(out, `${program}-linux-${arch}`);
    write(file, make(given ?? (await nodeBinary(arch)), program, bundle));
    console.log(file);
  }
});
