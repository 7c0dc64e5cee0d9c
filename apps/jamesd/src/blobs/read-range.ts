import type { ReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { ByteRange } from "./blob-store.ts";

/** Is read at once: each read is a trip to another thread and back, and whoever reads slowly has two or three of them held. */
const READ_BYTES = 128 * 1024;

/** A file, or from its byte `start` to `end`, both included; it is closed at the end. */
export function readRange(file: FileHandle, range: Partial<ByteRange> = {}): ReadStream {
  return file.createReadStream({ ...range, highWaterMark: READ_BYTES });
}
