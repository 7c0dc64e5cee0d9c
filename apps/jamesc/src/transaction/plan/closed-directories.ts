import type { RootFs } from "../disk/root-fs.ts";
import type { Operation } from "../journal/operation.ts";

type ModeOperation = Extract<Operation, { kind: "mode" }>;

const OWNER_CHANGES = 0o300;
const OWNER_ALL = 0o700;

/**
 * Directories without the right to change what is in them, such as 0555, while names in them change: an agent that is not
 * root opens those that are its own, and closes them when a packet's files are through. tar(1) does it that way.
 */
export class ClosedDirectories {
  readonly #root: RootFs;
  readonly #add: (operation: ModeOperation) => void;
  // The mode that each is to have again.
  readonly #opened = new Map<string, number>();
  // Those that will be there by then.
  readonly #made = new Map<string, number>();
  readonly #user = process.geteuid?.() ?? 0;

  /** `add` is given the operations that are needed. */
  constructor(root: RootFs, add: (operation: ModeOperation) => void) {
    this.#root = root;
    this.#add = add;
  }

  /** Names in this directory change next. */
  open(path: string): void {
    // For root modes are no hindrance.
    if (this.#user === 0 || this.#opened.has(path)) return;
    const mode = this.#made.get(path) ?? this.#ownMode(path);
    if (mode === undefined || (mode & OWNER_CHANGES) === OWNER_CHANGES) return;
    this.#opened.set(path, mode);
    this.#add({ kind: "mode", path, from: mode, to: mode | OWNER_ALL });
  }

  /** The mode that a directory which is made next gets for now. */
  made(path: string, mode: number): number {
    this.#made.set(path, mode);
    if (this.#user === 0 || (mode & OWNER_ALL) === OWNER_ALL) return mode;
    this.#opened.set(path, mode);
    return mode | OWNER_ALL;
  }

  /** The mode that a directory has now that it is open. */
  modeOf(path: string, mode: number): number {
    return this.#opened.has(path) ? mode | OWNER_ALL : mode;
  }

  /** Gives all of them the modes that they are to have. */
  close(): void {
    for (const [path, mode] of this.#opened)
      this.#add({ kind: "mode", path, from: mode | OWNER_ALL, to: mode });
    this.#opened.clear();
  }

  // Of a directory that is there and the agent's own.
  #ownMode(path: string): number | undefined {
    const there = path === "" ? undefined : this.#root.lstat(path);
    return there?.isDirectory() && there.uid === this.#user ? there.mode & 0o7777 : undefined;
  }
}
