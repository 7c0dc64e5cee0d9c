import { createHash } from "node:crypto";
import { createReadStream, readFileSync, type Stats, statSync } from "node:fs";
import { unreadable } from "@jamesd/carry";
import { type Digest, JamesError } from "@jamesd/model";

/** A file to be sent, known by its content. */
export interface LocalFile {
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
}

/** Reads a file to its end and takes its SHA-256; it is not held in memory. @throws JamesError FILE_UNREADABLE */
export async function hashFile(path: string, signal: AbortSignal): Promise<LocalFile> {
  sizeOfFile(path);
  const hash = createHash("sha256");
  let size = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return { path, size, digest: hash.digest("hex") };
}

/** Reads a small file whole. @throws JamesError FILE_UNREADABLE */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The length of a file; a pipe is none, for it cannot be read twice, once for its digest and once to be sent. @throws JamesError FILE_UNREADABLE */
export function sizeOfFile(path: string): number {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (stats.isFile()) return stats.size;
  throw new JamesError("FILE_UNREADABLE", `${path} is not a file`, {
    hint: "Name an archive, such as one that tar cJf makes.",
  });
}
