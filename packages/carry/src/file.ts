import { type FileHandle, open } from "node:fs/promises";
import { JamesError } from "@jamesd/model";
import { unreadable } from "./unreadable.ts";

/** A part of a file. */
export interface Place {
  readonly offset: number;
  readonly size: number;
}

const CHUNK = 256 * 1024;

/** A file that is read in parts, and stays the same one when another gets its name. */
export class OpenFile implements AsyncDisposable {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #signal: AbortSignal;

  private constructor(path: string, size: number, handle: FileHandle, signal: AbortSignal) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
    this.#signal = signal;
  }

  /** Reading ends when the signal aborts. @throws JamesError FILE_UNREADABLE */
  static async open(path: string, signal: AbortSignal): Promise<OpenFile> {
    const handle = await reading(path, () => open(path, "r"));
    try {
      const stats = await reading(path, () => handle.stat());
      if (stats.isFile()) return new OpenFile(path, stats.size, handle, signal);
    } catch (thrown) {
      await handle.close();
      throw thrown;
    }
    await handle.close();
    throw new JamesError("FILE_UNREADABLE", `${path} is not a file`, {
      hint: "Name a file that jamesd-ctl export wrote.",
    });
  }

  /** The bytes of a place. @throws JamesError FILE_UNREADABLE, also when the file has become shorter */
  async *read({ offset, size }: Place): AsyncGenerator<Buffer, void, undefined> {
    const end = offset + size;
    let at = offset;
    while (at < end) {
      this.#signal.throwIfAborted();
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK, end - at));
      const { bytesRead } = await reading(this.path, () => this.#handle.read(buffer, 0, buffer.length, at));
      if (bytesRead === 0) throw unreadable(this.path, new Error("it became shorter meanwhile"));
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
