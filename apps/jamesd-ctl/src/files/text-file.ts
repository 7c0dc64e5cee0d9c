import { createReadStream } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { unreadable } from "@jamesd/carry";
import { formatSize } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { Context } from "../cli/command.ts";

/** A text, and what it is called in messages. */
export interface NamedText {
  readonly text: string;
  readonly source: string;
}

// As much as the server takes at once.
const MAX_BYTES = 128 * 1024 * 1024;

/** Reads a file, or standard input (`-`), as text. @throws JamesError FILE_UNREADABLE, STATE_INVALID */
export async function readText(path: string, { stdin, signal }: Context): Promise<NamedText> {
  const source = path === "-" ? "standard input" : path;
  const bytes = await readAll(path === "-" ? stdin : createReadStream(path), source, signal);
  return { text: decode(bytes, source), source };
}

async function readAll(stream: Readable, source: string, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of addAbortSignal(signal, stream)) {
      const bytes = Buffer.from(chunk as Buffer);
      chunks.push(bytes);
      size += bytes.length;
      if (size > MAX_BYTES) throw new Error(`it is larger than ${formatSize(MAX_BYTES)}`);
    }
  } catch (cause) {
    throw unreadable(source, cause);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new JamesError("STATE_INVALID", `${source} is not text in UTF-8`, {
      hint: "Name a YAML file, such as get-state prints it; an archive goes up with add-packet.",
      cause,
    });
  }
}
