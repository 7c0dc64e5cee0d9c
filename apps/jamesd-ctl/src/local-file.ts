import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { JamesError } from "@jamesd/model";
import type { Sendable } from "./upload.ts";

/** Reads a file to its end and takes its SHA-256; it is not held in memory. @throws JamesError FILE_UNREADABLE */
export async function hashFile(path: string, signal: AbortSignal): Promise<Sendable> {
  checkRegular(path);
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
  // `end`: a file that grew meanwhile must not send more than was announced.
  const open = (start: number) => createReadStream(path, { start, end: size - 1, highWaterMark: 1 << 18 });
  return { path, size, digest: hash.digest("hex"), open };
}

/** Reads a small file whole. @throws JamesError FILE_UNREADABLE */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

// A pipe cannot be read twice, once for its digest and once to be sent.
function checkRegular(path: string): void {
  let isFile: boolean;
  try {
    isFile = statSync(path).isFile();
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (isFile) return;
  throw new JamesError("FILE_UNREADABLE", `${path} is not a file`, {
    hint: "Name an archive, such as one that tar cJf makes.",
  });
}

/** @returns FILE_UNREADABLE for a file that cannot be written */
export function unwritable(path: string, cause: unknown): JamesError {
  return new JamesError("FILE_UNREADABLE", `cannot write ${path}: ${(cause as Error).message}`, {
    hint: "See that the folder is there, has space and that you may write to it.",
    cause,
  });
}

/** @returns FILE_UNREADABLE for what the file system said */
export function unreadable(path: string, cause: unknown): JamesError {
  return new JamesError("FILE_UNREADABLE", `cannot read ${path}: ${(cause as Error).message}`, {
    hint: "Check the path and that you may read it.",
    cause,
  });
}
