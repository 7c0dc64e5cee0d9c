import { JamesError } from "@jamesd/model";
import { databaseError, primaryCode, SQLITE_IOERR } from "./database-error.ts";
import { fileId } from "./database-file.ts";

/** Whether what is written to a file may be acknowledged: asked by all connections that this process has to it. */
export class Trust {
  readonly #file: string;
  /** What is written to, as `fileId` tells it. */
  readonly #fileId: string;
  #failure: JamesError | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#fileId = fileId(file);
  }

  /** Before something is committed. @throws JamesError why nothing more is */
  require(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Files that were removed or replaced take all that is written, and nobody finds it again. @throws JamesError STORE_CORRUPT */
  requireFiles(): void {
    if (fileId(this.#file) === this.#fileId) return;
    this.#failure = new JamesError(
      "STORE_CORRUPT",
      `${this.#file} was removed or replaced while jamesd ran: nothing more is written`,
      { hint: "Start jamesd again when the data folder is back, or go back to a backup." },
    );
    throw this.#failure;
  }

  /** A write or fsync that failed once cannot be trusted when it is tried again: only a new start reads what is there. */
  noteFailed(thrown: unknown): JamesError {
    const error = databaseError(thrown, this.#file);
    if (primaryCode(error.cause) === SQLITE_IOERR) this.#failure = error;
    return error;
  }
}
