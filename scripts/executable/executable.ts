import { makeBlob } from "./blob.ts";
import { machineOf } from "./elf.ts";
import { withoutExports } from "./exports.ts";
import { addNote } from "./note.ts";

/** What Node looks for in itself to know whether it is a single executable; the digit after it says so. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:";
const NOTE = "NODE_SEA_BLOB";
const VERSION = /\/node-v(\d+\.\d+\.\d+)-headers\.tar\.gz/;
const SENTENCE = 200;

/** Makes of a Node and a script in CommonJS one program. The same input gives the same bytes. @throws Error */
export function makeExecutable(node: Buffer, script: { name: string; text: Buffer }): Buffer {
  const blob = makeBlob(script, versionOf(node), machineOf(node));
  const program = addNote(withoutExports(node), NOTE, blob);
  const fuse = program.indexOf(`${FUSE}0`);
  if (fuse < 0) throw new Error("it has no place for a script, or has one in it");
  program.write("1", fuse + FUSE.length);
  return program;
}

/** The version that a Node says of itself, without running it. */
function versionOf(node: Buffer): string {
  const at = node.indexOf("-headers.tar.gz");
  const [, version] = VERSION.exec(node.toString("latin1", Math.max(0, at - SENTENCE), at + SENTENCE)) ?? [];
  if (version === undefined) throw new Error("it is no Node");
  return version;
}
