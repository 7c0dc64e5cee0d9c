/** What the tests of this package share: archives made by hand and by the usual programs, and a sink in memory. */
import { execFileSync, spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { type ErrorCode, JamesError, type Manifest, sha256 } from "@jamesd/model";
import { type ArchiveLimits, type ArchiveSink, DEFAULT_LIMITS, readArchive } from "../src/index.ts";

/** The fields of one raw tar entry; whatever is left out is what a plain file has. */
export interface RawEntry {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly target?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly content?: string | Buffer;
  /** Replaces the size of the content. */
  readonly size?: number;
}

/** One entry as the bytes of its header and content, whatever they say. */
export function rawEntry(entry: RawEntry): Buffer {
  const content = Buffer.from(entry.content ?? "");
  const header = Buffer.alloc(512);
  Buffer.from(entry.name).copy(header, 0, 0, 100);
  header.write(octal(entry.mode ?? 0o644, 7), 100);
  header.write(octal(entry.uid ?? 0, 7), 108);
  header.write(octal(entry.gid ?? 0, 7), 116);
  header.write(octal(entry.size ?? content.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(" ".repeat(8), 148);
  header.write(entry.type ?? "0", 156);
  header.write(entry.target ?? "", 157, 100);
  header.write("ustar\x0000", 257, "latin1");
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    ),
    148,
  );
  header.write("\0 ", 154, "latin1");
  return Buffer.concat([header, content, Buffer.alloc(-content.length & 511)]);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** A whole tar of raw entries, with its end. */
export function rawTar(...entries: readonly RawEntry[]): Buffer {
  return Buffer.concat([...entries.map(rawEntry), Buffer.alloc(1024)]);
}

/** A pax header that holds for the entry after it. */
export function paxEntry(records: Readonly<Record<string, string | Buffer>>): RawEntry {
  const lines = Object.entries(records).map(([key, value]) => {
    const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
    const digits = String(body.length + String(body.length + 2).length).length;
    return Buffer.concat([Buffer.from(String(body.length + digits)), body]);
  });
  return { name: "PaxHeader", type: "x", content: Buffer.concat(lines) };
}

/** What makes one form of compression; `checked` when it finds every damaged byte. */
export const COMPRESSIONS = {
  plain: undefined,
  gzip: ["gzip", "-c"],
  bzip2: ["bzip2", "-c"],
  xz: ["xz", "-c"],
  "xz crc32": ["xz", "-c", "--check=crc32", "--block-size=2000"],
  zstd: ["zstd", "-c", "--check", "-q"],
} as const;
export type CompressionName = keyof typeof COMPRESSIONS;

/** Why a program cannot be used here, for `skip`; where tests must be complete, a missing one is an error. */
export function missing(...programs: readonly string[]): string | false {
  const absent = programs.filter((program) => spawnSync(program, ["--version"], { stdio: "ignore" }).error);
  if (absent.length === 0) return false;
  if (process.env.CI) throw new Error(`these programs are missing: ${absent.join(", ")}`);
  return `needs ${absent.join(", ")}`;
}

export function missingFor(name: CompressionName): string | false {
  const [program] = COMPRESSIONS[name] ?? [];
  return program === undefined ? false : missing(program);
}

export function compress(name: CompressionName, plain: Buffer): Buffer {
  if (name === "gzip") return gzipSync(plain);
  const [program, ...args] = COMPRESSIONS[name] ?? [];
  return program === undefined ? plain : run(program, args, plain);
}

export function run(program: string, args: readonly string[], input?: Buffer): Buffer {
  return execFileSync(program, args, { input, maxBuffer: 2 ** 30, stdio: ["pipe", "pipe", "inherit"] });
}

/** Keeps contents by their digests. */
export class MemorySink implements ArchiveSink {
  readonly blobs = new Map<string, Buffer>();

  async file(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; size: number }> {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    const bytes = Buffer.concat(parts);
    const digest = sha256(bytes);
    this.blobs.set(digest, bytes);
    return { digest, size: bytes.length };
  }
}

/** Hands bytes out in chunks of one size. */
export async function* chunked(bytes: Buffer, size = 2 ** 16): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function read(
  bytes: Buffer,
  { sink = new MemorySink(), limits = {}, chunk = 2 ** 16 }: ReadOptions = {},
): Promise<Manifest> {
  return readArchive(chunked(bytes, chunk), sink, { ...DEFAULT_LIMITS, ...limits });
}

interface ReadOptions {
  readonly sink?: ArchiveSink;
  readonly limits?: Partial<ArchiveLimits>;
  readonly chunk?: number;
}

/** For assert.rejects and assert.throws: an error with one of these codes, whose message contains the text. */
export function refusedWith(codes: ErrorCode | readonly ErrorCode[], text = ""): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof JamesError)) throw error;
    if (![codes].flat().includes(error.code) || !error.message.includes(text))
      throw new Error(`refused with ${error.code}: ${error.message}`);
    return true;
  };
}
