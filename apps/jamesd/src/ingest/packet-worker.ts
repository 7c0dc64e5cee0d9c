import { parentPort } from "node:worker_threads";
import { JamesError } from "@jamesd/model";
import type { ToBorrower } from "../blobs/blob-store.ts";
import { storageError } from "../blobs/durable.ts";
import { borrowFolderBlobStore } from "../blobs/folder.ts";
import { RemoteHold } from "../blobs/remote-hold.ts";
import { isThread } from "../running/thread.ts";
import { ComingArchive } from "./coming-archive.ts";
import type { ArchiveMessage, ArchiveTask, FromThread, ToThread } from "./packet-messages.ts";
import type { PacketRequest } from "./packet-request.ts";
import { storePacket } from "./store-packet.ts";

/** Makes a packet, wherever it runs: in a thread of its own it holds up nobody. */
export class PacketWork {
  readonly #task: ArchiveTask;
  readonly #say: (message: FromThread) => void;
  readonly #hold: RemoteHold;
  readonly #archive: ComingArchive;
  readonly #request = Promise.withResolvers<PacketRequest>();

  constructor(task: ArchiveTask, say: (message: FromThread) => void) {
    this.#task = task;
    this.#archive = new ComingArchive(task.file);
    this.#say = say;
    this.#hold = new RemoteHold((digests) => say({ kind: "hold", digests }));
  }

  /** Takes the answer to what was said, and what becomes known of the archive. */
  hear(message: ToBorrower | ArchiveMessage): void {
    if (message.kind === "held") this.#hold.held();
    else if (message.kind === "come") this.#archive.come(message.bytes);
    else {
      this.#archive.end(message.bytes);
      this.#request.resolve(message.request);
    }
  }

  /** Reads the archive while it comes, and says at last how it ended. */
  async run(): Promise<void> {
    const { limits, loan } = this.#task;
    try {
      const blobs = borrowFolderBlobStore(loan, this.#say);
      const ordered = { archive: this.#archive.read(), request: this.#request.promise };
      const stored = await storePacket(ordered, limits, { blobs, hold: this.#hold });
      this.#say({ kind: "stored", stored });
    } catch (thrown) {
      this.#say({ kind: "refused", error: refusalOf(thrown).toBody() });
    }
  }
}

function refusalOf(thrown: unknown): JamesError {
  const isOfDisk = (thrown as NodeJS.ErrnoException | null)?.syscall !== undefined;
  return isOfDisk ? storageError(thrown, "cannot read the archive") : JamesError.from(thrown);
}

if (isThread("packet") && parentPort) {
  const port = parentPort;
  let work: PacketWork | undefined;
  port.on("message", (message: ToThread) => {
    if (message.kind !== "task") return work?.hear(message);
    work = new PacketWork(message.task, (said) => port.postMessage(said));
    void work.run();
  });
}
