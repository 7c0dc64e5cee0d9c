import { createReadStream } from "node:fs";
import { type MessagePort, parentPort } from "node:worker_threads";
import { type ArchiveSink, readArchive } from "@jamesd/archive";
import { type Digest, JamesError } from "@jamesd/model";
import { storageError } from "../blobs/durable.ts";
import { taskOf } from "../running/thread.ts";
import type { ArchiveTask, FromThread, ToThread } from "./archive-messages.ts";
import { AttributeNotes } from "./attribute-notes.ts";

/** The module that `startThread` runs. */
export const ARCHIVE_WORKER = import.meta.url;

/** Chunks on their way to who stores them: reading goes on meanwhile, and memory is bounded. */
const MAX_UNTAKEN = 4;

/** Hands the contents of an archive to the thread that stores them. */
class RemoteSink implements ArchiveSink {
  readonly notes = new AttributeNotes();
  readonly #port: MessagePort;
  #untaken = 0;
  #heard: (() => void) | undefined;
  #stored: { readonly digest: Digest; readonly size: number } | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on("message", (message: ToThread) => {
      if (message.kind === "taken") this.#untaken -= 1;
      else this.#stored = message;
      this.#heard?.();
    });
  }

  async file(content: AsyncIterable<Uint8Array>, size: number, path: string) {
    this.#stored = undefined;
    this.#say({ kind: "file", path, size });
    for await (const chunk of content) {
      while (this.#untaken >= MAX_UNTAKEN) await this.#next();
      this.#untaken += 1;
      // A copy that is its own: the memory of a chunk may be shared with others.
      const bytes = Uint8Array.from(chunk);
      this.#say({ kind: "chunk", bytes }, [bytes.buffer]);
    }
    this.#say({ kind: "end" });
    while (!this.#stored) await this.#next();
    const { digest, size: length } = this.#stored;
    return { digest, size: length };
  }

  dropped(path: string, attributes: readonly string[]): void {
    this.notes.add(path, attributes);
  }

  #say(message: FromThread, moved: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, moved);
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve;
    });
  }
}

async function read({ file, limits }: ArchiveTask, port: MessagePort): Promise<FromThread> {
  const source = createReadStream("", { fd: file, autoClose: false, start: 0 });
  try {
    const sink = new RemoteSink(port);
    const manifest = await readArchive(source, sink, limits);
    return { kind: "manifest", archive: { manifest, dropped: sink.notes.dropped } };
  } catch (thrown) {
    return { kind: "refused", error: refusalOf(thrown).toBody() };
  }
}

function refusalOf(thrown: unknown): JamesError {
  const isOfDisk = (thrown as NodeJS.ErrnoException | null)?.syscall !== undefined;
  return isOfDisk ? storageError(thrown, "cannot read the archive") : JamesError.from(thrown);
}

const task = taskOf<ArchiveTask>("archive");
if (task && parentPort) {
  parentPort.postMessage(await read(task, parentPort));
  parentPort.close();
}
