import { parentPort } from "node:worker_threads";
import { JamesError } from "@jamesd/model";
import type { ToBorrower } from "../blobs/blob-store.ts";
import { storageError } from "../blobs/durable.ts";
import { borrowFolderBlobStore } from "../blobs/folder.ts";
import { RemoteHold } from "../blobs/remote-hold.ts";
import { isThread } from "../running/thread.ts";
import type { FromThread, PacketTask, ToThread } from "./packet-messages.ts";
import { storePacket } from "./store-packet.ts";

/** The module that `startThread` runs. */
export const PACKET_WORKER = import.meta.url;

/** Makes a packet, wherever it runs: in a thread of its own it holds up nobody. */
export class PacketWork {
  readonly #task: PacketTask;
  readonly #say: (message: FromThread) => void;
  readonly #hold: RemoteHold;

  constructor(task: PacketTask, say: (message: FromThread) => void) {
    this.#task = task;
    this.#say = say;
    this.#hold = new RemoteHold((digests) => say({ kind: "hold", digests }));
  }

  /** Takes the answer to what was said. */
  hear(_message: ToBorrower): void {
    this.#hold.held();
  }

  /** Says at last how it ended. */
  async run(): Promise<void> {
    const { file, request, limits, loan } = this.#task;
    try {
      const blobs = borrowFolderBlobStore(loan, this.#say);
      const stored = await storePacket(file, request, limits, { blobs, hold: this.#hold });
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
    if (message.kind === "held") return work?.hear(message);
    work = new PacketWork(message.task, (said) => port.postMessage(said));
    void work.run();
  });
}
