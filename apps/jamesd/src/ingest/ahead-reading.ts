import type { FileHandle } from "node:fs/promises";
import type { ArchiveLimits } from "@jamesd/archive";
import type { Digest } from "@jamesd/model";
import type { BlobHold, BlobLoan, BlobStore } from "../blobs/blob-store.ts";
import { isFull } from "../blobs/durable.ts";
import type { Recompression } from "../blobs/recompression.ts";
import type { ArchiveReader } from "./archive-reader.ts";
import type { StoredPacket } from "./packet-messages.ts";
import type { PacketRequest } from "./packet-request.ts";
import type { PacketThreads } from "./packet-thread.ts";
import type { Uploads } from "./uploads.ts";

/** An archive that is read while it comes is given up when no more of it came for so long. */
const PATIENCE_MS = 30_000;
/** The thread that reads it is told after so much more, and need not read it in crumbs. */
const STEP_BYTES = 256 * 1024;

/** What an archive is read from and into. */
export interface AheadStores {
  /** For how long more of an archive is waited for; half a minute when left out. */
  readonly patienceMs?: number;
  readonly uploads: Uploads;
  readonly blobs: Pick<BlobStore, "hold" | "lend">;
  readonly limits: ArchiveLimits;
  readonly threads: Pick<PacketThreads, "expect" | "read" | "close">;
  /** Told that something is uploaded. */
  readonly recompression: Pick<Recompression, "uploading">;
  /** Told what failed beside what was asked for. */
  readonly failed: (thrown: unknown) => void;
}

/** What was read of an archive while it came. */
export interface Ahead {
  /** True when this open archive, which was found to be what its name says, is the one that is read. */
  isOf(archive: FileHandle): Promise<boolean>;
  /** As `ArchiveReader.packet`, of the whole archive. What is stored is held until this is ended. */
  packet(request: PacketRequest, signal: AbortSignal): Promise<StoredPacket>;
}

/** What reads, and what it reads. */
interface Begun {
  readonly file: FileHandle;
  readonly loan: BlobLoan;
  readonly reader: ArchiveReader;
}

/** An archive that is read while it comes, by a thread that hears how much of it is there. */
export class AheadReading implements Ahead {
  readonly digest: Digest;
  /** Resolves when it was ended. */
  readonly ended: Promise<void>;
  readonly #stores: AheadStores;
  readonly #hold: BlobHold;
  readonly #uploading: Disposable;
  readonly #begun: Promise<Begun | undefined>;
  readonly #patience: NodeJS.Timeout;
  readonly #over = Promise.withResolvers<void>();
  #reader: ArchiveReader | undefined;
  #hasFailed = false;
  #told = 0;
  #ending: Promise<void> | undefined;

  /** @param giveUp called when no more of it came for too long */
  constructor(digest: Digest, stores: AheadStores, giveUp: () => void) {
    this.digest = digest;
    this.ended = this.#over.promise;
    this.#stores = stores;
    this.#hold = stores.blobs.hold();
    this.#uploading = stores.recompression.uploading();
    this.#patience = setTimeout(giveUp, stores.patienceMs ?? PATIENCE_MS).unref();
    this.#begun = this.#begin().catch((thrown: unknown) => {
      this.#hasFailed = true;
      stores.failed(thrown);
      return undefined;
    });
  }

  /** True when nothing more comes of it: it was refused, or could not be read. */
  get hasFailed(): boolean {
    return this.#hasFailed || this.#reader?.hasEnded === true;
  }

  /** True when there was no room for what is in it. */
  get hasFilledDisk(): boolean {
    return isFull(this.#reader?.failure);
  }

  /** So many bytes of it were written. */
  come(bytes: number): void {
    this.#patience.refresh();
    if (bytes - this.#told < STEP_BYTES) return;
    this.#told = bytes;
    void this.#begun.then((begun) => begun?.reader.come(bytes));
  }

  /** A packet of it is asked for: it is given up by who asks alone. */
  keep(): void {
    clearTimeout(this.#patience);
  }

  async isOf(archive: FileHandle): Promise<boolean> {
    const begun = await this.#begun;
    if (!begun || this.hasFailed) return false;
    const [mine, theirs] = await Promise.all([begun.file.stat(), archive.stat()]);
    return mine.dev === theirs.dev && mine.ino === theirs.ino;
  }

  async packet(request: PacketRequest, signal: AbortSignal): Promise<StoredPacket> {
    const begun = await this.#begun;
    if (!begun) throw new Error("what is not read has no packet");
    const { size } = await begun.file.stat();
    return await begun.reader.packet(request, signal, size);
  }

  /** Ends the thread, and lets go of what it stored. */
  end(): Promise<void> {
    this.#ending ??= this.#end().catch(this.#stores.failed).finally(this.#over.resolve);
    return this.#ending;
  }

  async #begin(): Promise<Begun> {
    const { uploads, blobs, threads, limits } = this.#stores;
    const file = await uploads.openComing(this.digest);
    try {
      const loan = await blobs.lend(this.#hold);
      this.#reader = threads.read({ file: file.fd, limits, loan: loan.task }, loan);
      return { file, loan, reader: this.#reader };
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  async #end(): Promise<void> {
    this.keep();
    const begun = await this.#begun;
    try {
      // The archive is read until the thread has ended.
      await begun?.reader.end();
      await begun?.loan.end();
    } finally {
      this.#hold.release();
      this.#uploading[Symbol.dispose]();
      await begun?.file.close();
    }
  }
}
