import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { syncPath } from "@jamesd/disk";
import { readAgentFile } from "../disk/agent-file.ts";
import { naming } from "../disk/device-error.ts";
import type { JournalRecord } from "./journal-record.ts";
import { corrupt, formatRecord, type ParsedJournal, parseJournal } from "./parse-journal.ts";

/**
 * The write-ahead log of one transaction: a line a record, with a checksum. A record is durable when `append` returns;
 * what a crash left of a half-written last line is cut off.
 */
export class Journal {
  readonly #path: string;
  readonly #fd: number;
  /** Bytes of whole records. */
  #length: number;
  #isOpen = true;

  private constructor(path: string, fd: number, length: number) {
    this.#path = path;
    this.#fd = fd;
    this.#length = length;
  }

  /** Starts a journal. There must be none. */
  static create(path: string): Journal {
    return naming("make", path, () => {
      const journal = new Journal(path, openSync(path, "ax", 0o600), 0);
      return journal.#orClosed(() => syncPath(dirname(path)));
    });
  }

  /** Looks at the journal a crash left behind; undefined when there is none. @throws JamesError JOURNAL_CORRUPT */
  static read(path: string): ParsedJournal | undefined {
    try {
      return parseJournal(path, readAgentFile(path));
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      if (code === "DEVICE_IO") throw corrupt(path, "is not what jamesc wrote");
      throw cause;
    }
  }

  /** Opens the journal that was read, to go on with it. */
  static reopen(path: string, { length, isOpen }: ParsedJournal): Journal {
    const journal = new Journal(path, openSync(path, "a"), length);
    return journal.#orClosed(() => {
      // A torn last line must not run into the next record.
      ftruncateSync(journal.#fd, length);
      if (isOpen) journal.#write("\n");
    });
  }

  /** Writes a record, durably. */
  append(record: JournalRecord): void {
    this.note(record);
    naming("write to the disk", this.#path, () => fsyncSync(this.#fd));
  }

  /** Writes a record that a power cut may lose: without it recovery only does something once more, or nothing runs any more. */
  note(record: JournalRecord): void {
    naming("write", this.#path, () => this.#write(formatRecord(record)));
  }

  /** Notes what is of use but not needed; the disk may be what fails. Not noted, a failed try counts as a crash. */
  tryToNote(record: JournalRecord): void {
    try {
      this.note(record);
    } catch {
      // What keeps it from being noted is what undoing failed by, as a rule.
    }
  }

  #write(line: string): void {
    try {
      writeFileSync(this.#fd, line);
    } catch (cause) {
      // The part for which there was room must not run into the next record.
      ftruncateSync(this.#fd, this.#length);
      throw cause;
    }
    this.#length += Buffer.byteLength(line);
  }

  /** Leaves the journal as it is, for another try, unless it is removed already. */
  close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  #orClosed(work: () => void): this {
    try {
      work();
      return this;
    } catch (cause) {
      this.close();
      throw cause;
    }
  }

  /**
   * The transaction is over: removes the journal. Not synced: one that a power cut brings back speaks of a transaction
   * of which state.json says how it ended.
   */
  remove(): void {
    this.close();
    rmSync(this.#path);
  }
}
