import { syncFolder } from "@jamesd/disk";
import { Gate, JamesError } from "@jamesd/model";
import { isOpenLater, storageError } from "./durable.ts";

/** Makes the files of a blob store and their names durable, and promises nothing more once that failed. */
export class Durability {
  readonly #gate: Gate;
  /** Told of the failure, once. */
  readonly #failed: (error: JamesError) => void;
  /** Folders whose names may not be durable yet. */
  #unsynced = new Set<string>();
  #flushing: Promise<void> = Promise.resolve();
  /** Set for good when an fsync failed: what the disk then holds is not known, and asking again would only hide it. */
  #failure: JamesError | undefined;

  /** @param width so many fsyncs go on at a time */
  constructor(width: number, failed: (error: JamesError) => void = () => undefined) {
    this.#gate = new Gate(width);
    this.#failed = failed;
  }

  /** Makes the content of a file durable. @throws JamesError STORAGE_FULL, and STORE_CORRUPT from then on */
  async syncFile(fsync: () => Promise<void>): Promise<void> {
    await this.#gate.run(() => this.#sync(fsync));
  }

  /** A name in this folder may not be durable yet. */
  note(folder: string): void {
    this.#unsynced.add(folder);
  }

  /** Makes the names in every noted folder durable. @throws JamesError SERVER_BUSY, and STORE_CORRUPT from then on */
  async flush(): Promise<void> {
    // One flush after the other: the second must not answer for folders that the first is still syncing.
    const mine = this.#flushing.then(() => this.#syncFolders());
    this.#flushing = mine.catch(() => undefined);
    await mine;
  }

  /** From now on nothing is promised any more: the disk failed. */
  fail(error: JamesError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#failed(error);
  }

  /** @throws JamesError STORE_CORRUPT */
  refuseAfterFailure(): void {
    if (this.#failure === undefined) return;
    throw new JamesError("STORE_CORRUPT", `the blob store takes nothing more: ${this.#failure.message}`, {
      hint: "Check the server's disk, then start jamesd again.",
      cause: this.#failure,
    });
  }

  async #syncFolders(): Promise<void> {
    this.refuseAfterFailure();
    const folders = this.#unsynced;
    this.#unsynced = new Set();
    // When one fails, whoever flushes next must not come before the others have ended.
    const outcomes = await Promise.allSettled(
      [...folders].map((folder) => this.#gate.run(() => this.#sync(() => syncFolder(folder), folder))),
    );
    for (const one of outcomes) if (one.status === "rejected") throw one.reason;
  }

  /**
   * Runs an fsync. A file without space is just thrown away, and a folder that cannot be opened just now is synced later;
   * after anything else the store can promise nothing more.
   */
  async #sync(fsync: () => Promise<void>, folder?: string): Promise<void> {
    this.refuseAfterFailure();
    try {
      await fsync();
    } catch (thrown) {
      const error = storageError(thrown, `cannot make ${folder ?? "a blob"} durable`);
      if (folder !== undefined && isOpenLater(thrown)) this.note(folder);
      else if (folder !== undefined || error.code !== "STORAGE_FULL") this.fail(error);
      throw error;
    }
  }
}
