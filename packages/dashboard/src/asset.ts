import { gunzipSync, gzipSync } from "node:zlib";

/** A file of the dashboard. */
export interface Asset {
  /** Its content type. */
  readonly type: string;
  /** Its content, compressed with gzip and in base64: as a bundle has it in its text. */
  readonly gzip: string;
}

/** By the path at which it is; `/` is the page. */
export type Assets = Readonly<Record<string, Asset>>;

/** Makes a file, compressed once for all who ask. */
export function assetOf(type: string, content: string): Asset {
  // What is as short as the pages gets shortest with blocks of this length.
  return { type, gzip: gzipSync(content, { level: 9, memLevel: 7 }).toString("base64") };
}

/** A file as it is sent to who takes gzip. */
export function compressedContent({ gzip }: Asset): Buffer {
  return Buffer.from(gzip, "base64");
}

/** A file as it is sent to who does not. */
export function plainContent(asset: Asset): Buffer {
  return gunzipSync(compressedContent(asset));
}
