import type { ByteReader } from "./byte-reader.ts";
import { bunzip2 } from "./bzip2.ts";
import { gunzip } from "./gzip.ts";
import type { StreamCount } from "./meter.ts";
import { refusal } from "./refuse.ts";
import { BLOCK } from "./tar/block.ts";
import { isHeader, isZeros } from "./tar/header.ts";
import { unxz } from "./xz.ts";
import { unzstd } from "./zstd.ts";

/** How an archive is compressed; `none` for a plain tar. */
export type Compression = "none" | "gzip" | "bzip2" | "xz" | "zstd";

/** Turns compressed bytes into plain ones; ends only when the compressed form was whole and nothing follows it. */
export type Decompress = (
  reader: ByteReader,
  streams: StreamCount,
) => AsyncGenerator<Uint8Array, void, undefined>;

const DECOMPRESS: { readonly [compression in Compression]: Decompress } = {
  none: (reader) => reader.rest(),
  gzip: gunzip,
  bzip2: bunzip2,
  xz: unxz,
  zstd: unzstd,
};

const USTAR_OFFSET = 257;

/** What the bytes are, by their first few (never by a name); undefined for anything else. */
export function recogniseCompression(start: Buffer): Compression | undefined {
  const magic = start.toString("latin1", 0, 6);
  if (magic.startsWith("\x1f\x8b")) return "gzip";
  if (/^BZh[1-9]/.test(magic)) return "bzip2";
  if (magic === "\xfd7zXZ\0") return "xz";
  if (magic.startsWith("\x28\xb5\x2f\xfd")) return "zstd";
  // A frame to be skipped, as pzstd puts in front.
  if (/^[P-_]$/.test(magic.charAt(0)) && magic.startsWith("\x2a\x4d\x18", 1)) return "zstd";
  return isTarStart(start) ? "none" : undefined;
}

/** True for the first block of a tar, and for the zero block that an empty tar begins with. */
export function isTarStart(start: Buffer): boolean {
  const block = start.subarray(0, BLOCK);
  if (block.length < BLOCK) return false;
  // Known by its magic, one whose checksum is wrong is called damaged rather than something else.
  const isUstar = block.toString("latin1", USTAR_OFFSET, USTAR_OFFSET + 5) === "ustar";
  return isHeader(block) || isUstar || isZeros(block);
}

/** Finds the compression and undoes it. @throws JamesError ARCHIVE_NOT_RECOGNISED */
export async function decompress(
  reader: ByteReader,
  streams: StreamCount,
): Promise<{ compression: Compression; plain: AsyncGenerator<Uint8Array, void, undefined> }> {
  await reader.fill(BLOCK);
  if (reader.ahead.length === 0) throw refusal("ARCHIVE_NOT_RECOGNISED", "the archive is empty");
  const compression = recogniseCompression(reader.ahead);
  if (compression === undefined)
    throw refusal("ARCHIVE_NOT_RECOGNISED", "the file is neither a tar nor compressed in a known way");
  return { compression, plain: DECOMPRESS[compression](reader, streams) };
}
