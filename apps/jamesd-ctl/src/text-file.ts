import { addAbortSignal, type Readable } from "node:stream";
import { JamesError } from "@jamesd/model";
import type { Context } from "./command.ts";
import { readBytes } from "./local-file.ts";

/** A text, and what it is called in messages. */
export interface NamedText {
  readonly text: string;
  readonly source: string;
}

/** Reads a file, or standard input (`-`), as text. @throws JamesError FILE_UNREADABLE, STATE_INVALID */
export async function readText(path: string, { stdin, signal }: Context): Promise<NamedText> {
  const source = path === "-" ? "standard input" : path;
  const bytes = path === "-" ? await readAll(stdin, signal) : readBytes(path);
  return { text: decode(bytes, source), source };
}

async function readAll(stdin: Readable, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of addAbortSignal(signal, stdin)) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new JamesError("STATE_INVALID", `${source} is not text in UTF-8`, { cause });
  }
}
