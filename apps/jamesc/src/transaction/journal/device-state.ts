import { writeDurably } from "@jamesd/disk";
import { type Digest, type InstalledApp, JamesError, sha256 } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import type { Area } from "../disk/area.ts";
import { naming } from "../disk/device-error.ts";
import type { InstallRoot } from "./install-root.ts";

/** Where file systems were mounted, below the install root, that files of an app went to, by app. */
export type AppMounts = Readonly<Record<string, readonly string[]>>;

export interface KeptConffile {
  readonly path: string;
  readonly digest: Digest;
}

/** A transaction that changes the device, as the journal says as well: when that is damaged or gone, this still tells of it. */
export interface Begun extends Pick<Transaction, "id" | "target" | "revision" | "started"> {
  /** Where old files may be. */
  readonly areas: readonly Area[];
}

/** A target that carrying out has failed for. */
export interface Failures {
  readonly target: Digest;
  /** How often in a row. */
  readonly count: number;
  /** The last of them; the first jamesc did not say. */
  readonly last?: Pick<Transaction, "id" | "revision"> & {
    /** When it ended: milliseconds since the epoch, by the device's clock. */
    readonly at: number;
  };
}

/** What the agent must know after any crash. Format 1 of state.json. */
export interface SavedState {
  readonly format: 1;
  readonly apps: readonly InstalledApp[];
  /** Revision of the last committed plan; 0 before the first. */
  readonly revision: number;
  /** The server's seal of this revision, by which it knows it again; null when there was none. */
  readonly seal: string | null;
  /** Directories that the agent made and may remove when they are empty and nobody's. */
  readonly directories: readonly string[];
  /** Edited configuration files that stayed when their packet went: path and the content that the packet had. */
  readonly conffiles: readonly KeptConffile[];
  /** The last transaction that ended, and how: what a journal of that id is compared with. */
  readonly ended: Pick<Transaction, "id" | "outcome"> | null;
  /** The ended transaction as long as the server has not acknowledged it. */
  readonly report: Transaction | null;
  readonly failures: Failures | null;
  /** The install root that all of this is about; null until it is first written. */
  readonly root: InstallRoot | null;
  /** File systems that files of apps are on. */
  readonly mounts: AppMounts;
  /** Apps whose files have whatever owner the device gave them (`owners: ignore`); null where an earlier jamesc wrote, who did not say. */
  readonly ownerless: readonly string[] | null;
  /** Staging areas of transactions that have ended, which could not be deleted yet. */
  readonly leftover: readonly Area[];
  /** The transaction under way from its `begin` to its end; undefined where the first jamesc wrote, who did not say. */
  readonly begun: Begun | null | undefined;
}

/** What a commit changes of the saved state. */
export type Committed = Pick<
  SavedState,
  "apps" | "directories" | "conffiles" | "mounts" | "ownerless" | "seal"
>;

/** What a journal keeps of the saved state, for the case that a commit is undone or state.json is damaged. */
export type StateBefore = Committed & Pick<SavedState, "revision" | "failures">;

/** A device that is new. */
export const NEW_DEVICE: SavedState = {
  format: 1,
  apps: [],
  revision: 0,
  seal: null,
  directories: [],
  conffiles: [],
  ended: null,
  report: null,
  failures: null,
  root: null,
  mounts: {},
  ownerless: null,
  leftover: [],
  begun: null,
};

/** What the first jamesc knew, and wrote without a checksum. */
const FIRST_FIELDS = [
  "format",
  "apps",
  "revision",
  "directories",
  "conffiles",
  "ended",
  "report",
  "failures",
] as const satisfies readonly (keyof SavedState)[];

/** The way out when state.json cannot be used. */
export const RESTORE_HINT =
  "Nothing was changed. Put the file back from a backup; docs/operations.md says what to do without one, and that files of the device may be in its staging folders.";

const CHECKSUM = /^\{"checksum":"([0-9a-f]{64})",/;

/** The text of state.json: JSON whose first field is the SHA-256 of the same JSON without it. */
function formatState(state: SavedState): string {
  const json = JSON.stringify(state);
  return `{"checksum":"${sha256(json)}",${json.slice(1)}\n`;
}

/** Reads the text of state.json. `path` is for messages. @throws JamesError STORE_CORRUPT */
export function parseState(path: string, text: string): SavedState {
  const saved = CHECKSUM.test(text) ? checkedState(text) : firstState(text);
  if (saved) return { ...NEW_DEVICE, ...saved };
  throw new JamesError("STORE_CORRUPT", `${path} is damaged or was written by a newer jamesc`, {
    hint: RESTORE_HINT,
  });
}

/** Writes state.json atomically and durably: the commit point of a transaction. */
export function writeState(path: string, state: SavedState): void {
  naming("write", path, () => writeDurably(path, formatState(state)));
}

function checkedState(text: string): Partial<SavedState> | undefined {
  const [head = "", checksum] = CHECKSUM.exec(text) ?? [];
  const json = `{${text.slice(head.length, -1)}`;
  if (!text.endsWith("\n") || sha256(json) !== checksum) return undefined;
  const state = JSON.parse(json) as SavedState;
  return state.format === 1 ? state : undefined;
}

// An older jamesc may also have rewritten what a newer one had left, and kept of it what it did not understand.
function firstState(text: string): Partial<SavedState> | undefined {
  if (!text.startsWith('{"format":1,')) return undefined;
  try {
    const state = JSON.parse(text) as SavedState;
    if (!Array.isArray(state.apps)) return undefined;
    const known = FIRST_FIELDS.flatMap((field) => (field in state ? [[field, state[field]]] : []));
    return { ...Object.fromEntries(known), begun: undefined };
  } catch {
    return undefined;
  }
}
