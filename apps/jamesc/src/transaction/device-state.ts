import { readFileSync } from "node:fs";
import { type Digest, type InstalledApp, JamesError } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol";
import { writeDurably } from "./durable.ts";

export interface KeptConffile {
  readonly path: string;
  readonly digest: Digest;
}

/** What the agent must know after any crash. Format 1 of state.json. */
export interface SavedState {
  readonly format: 1;
  readonly apps: readonly InstalledApp[];
  /** Revision of the last committed plan; 0 before the first. */
  readonly revision: number;
  /** Directories that the agent made and may remove when they are empty and nobody's. */
  readonly directories: readonly string[];
  /** Edited configuration files that stayed when their packet went: path and the content that the packet had. */
  readonly conffiles: readonly KeptConffile[];
  /** The last transaction that ended, and how: what a journal of that id is compared with. */
  readonly ended: Pick<Transaction, "id" | "outcome"> | null;
  /** The ended transaction as long as the server has not acknowledged it. */
  readonly report: Transaction | null;
  /** How often in a row carrying out this target has failed. */
  readonly failures: { readonly target: Digest; readonly count: number } | null;
}

const EMPTY: SavedState = {
  format: 1,
  apps: [],
  revision: 0,
  directories: [],
  conffiles: [],
  ended: null,
  report: null,
  failures: null,
};

/** Reads state.json; a device without one is new. @throws JamesError STORE_CORRUPT */
export function readState(path: string): SavedState {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return EMPTY;
    throw new JamesError("DEVICE_IO", `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  try {
    const state = JSON.parse(text) as SavedState;
    if (state.format === 1 && Array.isArray(state.apps)) return { ...EMPTY, ...state };
  } catch {
    // Falls through: what is written atomically and does not parse was damaged from outside.
  }
  throw new JamesError("STORE_CORRUPT", `${path} is damaged or was written by a newer jamesc`, {
    hint: "Restore the file from a backup, or move the state directory away to start as a new device.",
  });
}

/** Writes state.json atomically and durably: the commit point of a transaction. */
export function writeState(path: string, state: SavedState): void {
  writeDurably(path, `${JSON.stringify(state)}\n`);
}
