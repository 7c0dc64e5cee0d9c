import { promisify } from "node:util";
import { constants, zstdCompressSync, zstdDecompress } from "node:zlib";
import { canonicalJson, type Entry, type Manifest } from "@jamesd/model";
import { Slices } from "../running/slices.ts";

const unpack = promisify(zstdDecompress);

/** What stands between two entries, and nowhere else: a quotation mark within a text has a backslash before it, and after one that ends a text comes no letter. */
const BETWEEN = /\},\{"(?=[a-z])/g;
/** So much of a manifest is read at once, in characters. */
const PIECE = 128 * 1024;

/** A manifest as JSON as its packet's digest is taken of it, compressed with zstd. */
export function packManifest(manifest: Manifest): Uint8Array {
  return zstdCompressSync(canonicalJson(manifest), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** The JSON of a packed manifest; it may be long, and is unpacked beside the event loop. @throws Error when it is damaged */
export function unpackManifest(packed: Uint8Array): Promise<Buffer> {
  return unpack(packed);
}

/** Reads the JSON of a manifest, however long, while others run. @throws SyntaxError */
export async function readManifest(json: Buffer): Promise<Manifest> {
  const text = json.toString();
  if (!text.startsWith("[") || !text.endsWith("]")) throw new SyntaxError("it is no list");
  const slices = new Slices();
  const entries: Entry[] = [];
  for (let start = 1; start < text.length; ) {
    BETWEEN.lastIndex = start + PIECE;
    const found = BETWEEN.exec(text);
    const end = found ? found.index + 1 : text.length - 1;
    entries.push(...(JSON.parse(`[${text.slice(start, end)}]`) as Entry[]));
    start = end + 1;
    if (slices.isOver) await slices.next();
  }
  return entries;
}
