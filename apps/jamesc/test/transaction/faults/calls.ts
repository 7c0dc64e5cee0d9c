// Puts a fault point before every call of node:fs that changes the disk, and before every start of a process, without a
// hook in the program: the named exports of built-in modules are bound anew (module.syncBuiltinESMExports). Must be
// loaded before the program is, because some of it keeps the functions it imported.
import child from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentLife, Dead, type Reaction } from "./life.ts";

type Call = (...args: unknown[]) => unknown;
type Module = Record<string, Call>;

const SYNC = [
  ..."renameSync mkdirSync rmdirSync unlinkSync symlinkSync linkSync copyFileSync truncateSync ftruncateSync".split(
    " ",
  ),
  ..."chmodSync fchmodSync chownSync lchownSync fchownSync utimesSync futimesSync fsyncSync fdatasyncSync".split(
    " ",
  ),
];
/** Those that may be done by half: what a crash leaves then is tried as well. */
const WRITES = ["writeSync", "writeFileSync", "appendFileSync"];
const PROMISES =
  "rename mkdir rmdir rm unlink symlink link copyFile truncate chmod chown lchown writeFile".split(" ");
const HANDLE = "write writev writeFile appendFile sync datasync truncate chmod chown".split(" ");
const WRITE_FLAGS = fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC;

// As Node's own, which have the path when the call was given one.
function failure(call: string, { error }: { readonly error: string }, path: unknown): Error {
  const detail = { code: error, syscall: call, ...(typeof path === "string" && { path }) };
  return Object.assign(new Error(`${error}: injected, ${call}`), detail);
}

/** Asks what becomes of a call; true: it is to be done. */
function isToBeDone(call: string, fd?: number, path?: unknown): boolean {
  const reaction: Reaction = currentLife()?.reach(call, fd) ?? "go on";
  if (reaction === "die") throw new Dead(call);
  if (typeof reaction === "object") throw failure(call, reaction, path);
  return reaction === "go on";
}

/** The functions that have a fault point before them. */
export const WATCHED = new Set<string>();

function wrap(module: Module, name: string, make: (original: Call) => Call): void {
  const original = module[name];
  if (!original) return;
  module[name] = make(original);
  WATCHED.add(name);
}

function point(name: string, original: Call): Call {
  return function (this: unknown, ...args) {
    const fd = name.startsWith("f") ? (args[0] as number) : undefined;
    return isToBeDone(name, fd, args[0]) ? original.apply(this, args) : undefined;
  };
}

/** A second point in the middle: to die there leaves what `half` did. */
function torn(name: string, original: Call, half: (...args: unknown[]) => void): Call {
  return (...args) => {
    if (!isToBeDone(name, undefined, args[0])) return undefined;
    const reaction = currentLife()?.reach(`half of ${name}`) ?? "go on";
    if (reaction !== "die") return original(...args);
    half(...args);
    throw new Dead(name);
  };
}

const module = fs as unknown as Module;
const promises = fs.promises as unknown as Module;
const { openSync, rmSync, writeFileSync, readdirSync } = fs;

for (const name of SYNC) wrap(module, name, (original) => point(name, original));
for (const name of WRITES)
  wrap(module, name, (original) =>
    torn(name, original, (target, content, ...rest) => {
      const bytes = Buffer.from(content as string);
      original(target, bytes.subarray(0, bytes.length >> 1), ...rest);
    }),
  );
wrap(module, "rmSync", (original) =>
  torn("rmSync", original, (path, options) => {
    const names = fs.lstatSync(path as string, { throwIfNoEntry: false })?.isDirectory()
      ? readdirSync(path as string)
      : [];
    for (const name of names.slice(0, names.length >> 1))
      rmSync(join(path as string, name), options as fs.RmOptions);
  }),
);
wrap(module, "openSync", (original) => (...args) => {
  const [, flags = "r"] = args;
  const writes = typeof flags === "number" ? (flags & WRITE_FLAGS) !== 0 : flags !== "r";
  return !writes || isToBeDone("openSync", undefined, args[0])
    ? original(...args)
    : openSync("/dev/null", "r+");
});
wrap(module, "fsync", (original) => (fd, callback) => {
  const answer = callback as (error?: unknown) => void;
  try {
    if (isToBeDone("fsync", fd as number)) original(fd, callback);
    else setImmediate(answer);
  } catch (thrown) {
    setImmediate(answer, thrown);
  }
});
wrap(module, "copyFile", (original) => point("copyFile", original));
for (const name of PROMISES)
  wrap(
    promises,
    name,
    (original) =>
      async (...args) =>
        isToBeDone(name, undefined, args[0]) ? original(...args) : undefined,
  );
wrap(promises, "open", (original) => async (...args) => {
  if ((args[1] ?? "r") !== "r") isToBeDone("open", undefined, args[0]);
  return original(...args);
});
wrap(module, "mkdtempSync", (original) => (...args) => {
  isToBeDone("mkdtempSync");
  return original(...args);
});
for (const name of ["spawn", "spawnSync"])
  wrap(child as unknown as Module, name, (original) => (...args) => {
    isToBeDone(name);
    return original(...args);
  });

// Now, not after the wait below: what imports this file's siblings does not wait for it.
syncBuiltinESMExports();

// The methods of a file handle are those of a class that is not exported.
const sample = join(tmpdir(), `.faults-${process.pid}`);
writeFileSync(sample, "");
const handle = await fs.promises.open(sample, "r");
const prototype = Object.getPrototypeOf(handle) as Module;
await handle.close();
rmSync(sample);
for (const name of HANDLE)
  wrap(
    prototype,
    name,
    (original) =>
      async function (this: unknown, ...args) {
        return isToBeDone(`FileHandle.${name}`, (this as { readonly fd: number }).fd)
          ? original.apply(this, args)
          : undefined;
      },
  );
