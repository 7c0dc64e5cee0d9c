import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type ProgramResult, readTree, runProgram, type Sandbox, sh, type TreeEntry } from "@jamesd/testkit";
import { armhfRoot } from "./armhf-root.ts";
import { libraries } from "./debian.ts";
import { runWithArm } from "./namespace.ts";

/** One of the architectures that single executables are made for. */
export interface Architecture {
  /** As `--arch` of `npm run build:agent` has it. */
  readonly name: string;
  /** As `uname -m` has it. */
  readonly machine: string;
  readonly debian: string;
  /** In `qemu-…-static`. */
  readonly qemu: string;
  /** What openvpn of this architecture says that it is for. */
  readonly triple: string;
}

/** A device of an architecture, on which the agent's single executable and other programs of it run. */
export interface Board {
  readonly architecture: Architecture;
  /** Where its `/` is on this machine. */
  readonly root: string;
  /** One check-in, and what follows from it. */
  checkIn(): Promise<ProgramResult>;
  run(program: string, ...args: readonly string[]): Promise<ProgramResult>;
}

/** What stands on a board at the paths of a tree. Where the system has `lib` in `usr`, it stands there. */
export function treeOf(board: Board, paths: readonly string[]): Record<string, TreeEntry> {
  const tree = readTree(board.root, ["proc", "dev", "sys"]);
  const place = (path: string): string => {
    const [top = "", ...below] = path.split("/");
    return tree[top]?.type === "symlink" ? [tree[top].content, ...below].join("/") : path;
  };
  return Object.fromEntries(
    paths.flatMap((path) => {
      const entry = tree[place(path)];
      return entry === undefined ? [] : [[path, entry]];
    }),
  );
}

/** What runs a program of an architecture here: nothing for this machine's own, else an emulator with its C library. */
export async function emulator({ name, qemu, debian }: Architecture): Promise<readonly string[]> {
  return name === process.arch ? [] : ["nice", `qemu-${qemu}-static`, "-L", await libraries(debian)];
}

/** A board whose root is a folder, and whose C library is somewhere else. What is of this machine is not emulated. */
export async function folderBoard(
  sandbox: Sandbox,
  architecture: Architecture,
  executable: string,
): Promise<Board> {
  const { name, qemu, debian } = architecture;
  const flags = sandbox.agentFlags(name, []).filter((flag) => flag !== "--no-detect-tags");
  const start = [...(await emulator(architecture)), executable];
  // Emulated on any machine: it is not said that this one has the libraries.
  const other = ["nice", `qemu-${qemu}-static`, "-L", await libraries(debian)];
  return {
    architecture,
    root: sandbox.root(name),
    checkIn: () => runProgram([...start, ...flags, "--once"], { cwd: sandbox.dir }),
    run: (program, ...args) => runProgram([...other, join(sandbox.root(name), program), ...args]),
  };
}

// Not the first process, which nobody in there could kill.
const IN_ROOT = `mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; set +e; chroot "$@"; exit $?`;

/** A board with the shell, the programs and the libraries of its own architecture, and the agent at its place among them. */
export async function armhfBoard(
  sandbox: Sandbox,
  architecture: Architecture,
  executable: string,
): Promise<Board> {
  const { name } = architecture;
  const root = sandbox.root(name);
  mkdirSync(sandbox.path(name));
  sh("cp", "-a", await armhfRoot(), root);
  sh("install", executable, join(root, "usr/local/bin/jamesc"));
  const pki = ["ca.crt", `${name}.crt`, `${name}.key`];
  for (const file of pki)
    sh("install", "-Dm600", sandbox.path("pki", file), join(root, "etc/jamesc/pki", file));
  const [ca = "", cert = "", key = ""] = pki.map((file) => `/etc/jamesc/pki/${file}`);
  const flags = ["--addr", `127.0.0.1:${sandbox.port}`, "--ca", ca, "--cert", cert, "--key", key, "--once"];
  return {
    architecture,
    root,
    checkIn: () => runWithArm(IN_ROOT, root, "jamesc", ...flags),
    run: (program, ...args) => runWithArm(IN_ROOT, root, `/${program}`, ...args),
  };
}

/** Sees that it ended well; gives what it wrote to standard error. */
export async function well(result: Promise<ProgramResult>): Promise<string> {
  const { code, stdout, stderr } = await result;
  assert.equal(code, 0, stdout + stderr);
  return stderr;
}
