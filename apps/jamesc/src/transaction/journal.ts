import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Digest, JamesError, sha256 } from "@jamesd/model";
import { syncPath } from "./durable.ts";
import type { Operation } from "./operation.ts";
import type { ScriptProcess } from "./script-process.ts";
import type { StateBefore } from "./state-file.ts";

/** Where staged and set-aside files of one file system live: the state directory's own, or a folder below the root. */
export interface Area {
  readonly base: "state" | "root";
  /** Path of the folder, below that base. */
  readonly path: string;
  /** On a file system in memory, which a restart of the device empties. */
  readonly isVolatile: boolean;
}

/** Staging goes on in these areas; until `begin` they can be thrown away. */
export interface StageRecord {
  readonly record: "stage";
  readonly id: string;
  readonly target: Digest;
  readonly revision: number;
  readonly started: number;
  readonly areas: readonly Area[];
}

/** What a journal says, record by record. */
export type JournalRecord =
  | StageRecord
  /** Everything is staged and durable: from here on the running system changes, by these operations in this order. */
  | {
      readonly record: "begin";
      /** What state.json said then: what it says again when this is undone after a commit in doubt. */
      readonly before: StateBefore;
      readonly operations: readonly Operation[];
    }
  /** The script of this operation is about to run. */
  | { readonly record: "script"; readonly operation: number }
  /** The script, counterpart or healthcheck that runs now is this process. */
  | ({ readonly record: "process" } & ScriptProcess)
  /** It is undone from here on, whatever state.json says; one for each try. */
  | { readonly record: "rollback" }
  /** Undoing did not work, and the process lived to say so: that try does not count as a crash. */
  | { readonly record: "stuck" }
  /** An operator asked for more tries. */
  | { readonly record: "retry" }
  /** The counterpart of this operation's script has run. */
  | { readonly record: "undone"; readonly operation: number };

/**
 * The write-ahead log of one transaction: a line a record, `<first 16 digits of its SHA-256> <JSON>`. A record is durable
 * when `append` returns; what a crash left of a half-written last line is ignored.
 */
export class Journal {
  readonly #path: string;
  readonly #fd: number;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /** Starts a journal. There must be none. */
  static create(path: string): Journal {
    const journal = new Journal(path, openSync(path, "ax", 0o600));
    syncPath(dirname(path));
    return journal;
  }

  /** Opens the journal a crash left behind, and reads it; undefined when there is none. */
  static reopen(path: string): { journal: Journal; records: readonly JournalRecord[] } | undefined {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw cause;
    }
    const records = parseRecords(path, text);
    const journal = new Journal(path, openSync(path, "a"));
    // A torn last line must not run into the next record.
    if (text !== "" && !text.endsWith("\n")) writeFileSync(journal.#fd, "\n");
    return { journal, records };
  }

  /** Writes a record, durably. */
  append(record: JournalRecord): void {
    this.note(record);
    fsyncSync(this.#fd);
  }

  /** Writes a record that a power cut may lose: without it recovery only does something once more, or nothing runs any more. */
  note(record: JournalRecord): void {
    const json = JSON.stringify(record);
    writeFileSync(this.#fd, `${sha256(json).slice(0, 16)} ${json}\n`);
  }

  /** Notes that this try at undoing failed; not noted, it counts as a crash. */
  noteStuck(): void {
    try {
      this.note({ record: "stuck" });
    } catch {
      // What keeps it from being noted is what undoing failed by, as a rule.
    }
  }

  /** Leaves the journal as it is, for another try. */
  close(): void {
    closeSync(this.#fd);
  }

  /**
   * The transaction is over: removes the journal. Not synced: one that a power cut brings back speaks of a transaction
   * of which state.json says how it ended.
   */
  remove(): void {
    closeSync(this.#fd);
    rmSync(this.#path);
  }
}

function parseRecords(path: string, text: string): readonly JournalRecord[] {
  const lines = text.split("\n").filter((line) => line !== "");
  const records = lines.map(parseRecord);
  const firstBroken = records.indexOf(undefined);
  if (firstBroken === -1) return records as JournalRecord[];
  // Appends are synced one by one: a broken record that good ones follow was not torn by a crash. A line torn by an
  // earlier crash was closed by `reopen`, and is the only kind that may stand in the middle: what follows is ours.
  const sound = records.filter((record) => record !== undefined);
  if (records.length - sound.length > MAX_TORN)
    throw new JamesError("JOURNAL_CORRUPT", `${path} is damaged`, {
      hint: "Check the disk; then restore the device from a backup, or remove its state directory and install anew.",
    });
  return sound;
}

// One for each crash in the middle of an append.
const MAX_TORN = 16;

function parseRecord(line: string): JournalRecord | undefined {
  const json = line.slice(17);
  return line === `${sha256(json).slice(0, 16)} ${json}` ? (JSON.parse(json) as JournalRecord) : undefined;
}
