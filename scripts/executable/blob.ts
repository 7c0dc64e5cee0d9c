import { type Machine, writeNumber } from "./elf.ts";

const MAGIC = 0x143da20;
const NO_WARNING = 1;
const HAS_EXEC_ARGV = 16;
/** NODE_OPTIONS count, as they do for a program that Node is given. */
const EXEC_ARGV_FROM_ENVIRONMENT = 1;
const COMMON_JS = 0;
/** Nobody opens a debugger with a signal, not even before the program itself sees to it (packages/config). */
const EXEC_ARGV = ["--disable-sigusr1"];

/** The least version of each major that this was compared with, and the bytes it has after the flags. */
const LAYOUTS: Readonly<Record<number, { readonly minor: number; readonly bytes: readonly number[] }>> = {
  20: { minor: 11, bytes: [] },
  22: { minor: 23, bytes: [EXEC_ARGV_FROM_ENVIRONMENT] },
  24: { minor: 21, bytes: [EXEC_ARGV_FROM_ENVIRONMENT] },
  26: { minor: 10, bytes: [EXEC_ARGV_FROM_ENVIRONMENT, COMMON_JS] },
};

/**
 * What Node looks for in a single executable: what `node --experimental-sea-config` of this very version makes on that
 * very machine. Written here, since a Node for another machine cannot be asked for it without an emulator.
 * @throws Error when that Node reads something else
 */
export function makeBlob(script: { name: string; text: Buffer }, version: string, machine: Machine): Buffer {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const layout = LAYOUTS[major];
  if (!layout || minor < layout.minor) {
    const known = Object.entries(LAYOUTS).map(([known, { minor }]) => `${known} (from ${known}.${minor} on)`);
    throw new Error(`it is Node ${version}; single executables are made of ${known.join(", ")}`);
  }
  const hasArgv = layout.bytes.length > 0;
  const number = (value: number, size: number): Buffer => encode(value, size, machine);
  const size = (value: number): Buffer => number(value, machine.bits / 8);
  const text = (bytes: Buffer): readonly Buffer[] => [size(bytes.length), bytes];
  return Buffer.concat([
    number(MAGIC, 4),
    number(NO_WARNING + (hasArgv ? HAS_EXEC_ARGV : 0), 4),
    Buffer.from(layout.bytes),
    ...text(Buffer.from(script.name)),
    ...text(script.text),
    ...(hasArgv ? [size(EXEC_ARGV.length), ...EXEC_ARGV.flatMap((flag) => text(Buffer.from(flag)))] : []),
  ]);
}

function encode(value: number, size: number, machine: Machine): Buffer {
  const bytes = Buffer.alloc(size);
  writeNumber(bytes, value, [0, size], machine);
  return bytes;
}
