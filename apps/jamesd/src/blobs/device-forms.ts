import { open } from "node:fs/promises";
import type { Digest } from "@jamesd/model";
import { unreadable } from "./blob-errors.ts";
import type { BlobFile, BlobForm } from "./blob-files.ts";
import type { ByteRange, CompressedBlob, DeviceForm } from "./blob-store.ts";
import type { PackedFile } from "./blob-writer.ts";
import { HEADER_BYTES } from "./compressed-file.ts";
import { FileRange } from "./file-range.ts";

/** The forms that devices get, the best first. */
export const DEVICE_FORMS: readonly DeviceForm[] = ["zstd", "brotli"];

/** Of what a blob is compressed for devices. One that lies under brotli alone, of an earlier version, stays so. */
export const FROM: { readonly [form in DeviceForm]: readonly BlobForm[] } = {
  zstd: ["hurried"],
  // What is found under neither was looked for under the one too early, and under the other too late.
  brotli: ["zstd", "hurried", "zstd"],
};

/** True for a file that is compressed in some way. */
export function isPacked(file: BlobFile): file is PackedFile {
  return file.form !== "plain";
}

/** A file with a blob as devices get it, without what it begins with. */
export function givenOut(digest: Digest, { path, size }: BlobFile, form: DeviceForm): CompressedBlob {
  const openRange = async ({ start, end }: ByteRange = { start: 0, end: size }): Promise<FileRange> => {
    const file = await open(path, "r").catch((thrown: unknown) => unreadable(digest, thrown));
    return new FileRange(file, { start: start + HEADER_BYTES, end: end + HEADER_BYTES });
  };
  return { form, size: size - HEADER_BYTES, open: openRange };
}
