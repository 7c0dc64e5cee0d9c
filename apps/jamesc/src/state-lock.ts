import { FolderLock } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";

/** What a disk says that takes nothing: read-only, full, broken. That may pass. */
const DISK_ERRORS = new Set(["EROFS", "ENOSPC", "EDQUOT", "EIO"]);

/** The exclusive right to a state directory. */
export class StateLock {
  readonly #stateDir: string;
  #lock: FolderLock | undefined;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** Takes it, unless it is held already. @throws JamesError STATE_DIR_LOCKED, FILE_UNREADABLE; DEVICE_IO when the disk takes nothing now */
  async take(): Promise<void> {
    this.#lock ??= await lockStateDir(this.#stateDir);
  }

  /** Ends it. On a disk that became read-only the lock's name stays: the next agent sees that nobody listens behind it. */
  async release(): Promise<void> {
    await this.#lock?.release().catch(() => undefined);
  }
}

async function lockStateDir(stateDir: string): Promise<FolderLock> {
  try {
    return await FolderLock.take(stateDir, {
      program: "agent",
      locked: (processId) =>
        new JamesError("STATE_DIR_LOCKED", `another jamesc (process ${processId}) uses ${stateDir}`, {
          hint: "Stop it first, or give this one its own --state-dir and --install-root.",
        }),
      hint: "Name a directory that this user may write to with --state-dir.",
    });
  } catch (thrown) {
    const { code = "" } = ((thrown as Error).cause ?? thrown) as NodeJS.ErrnoException;
    if (!DISK_ERRORS.has(code)) throw thrown;
    throw new JamesError("DEVICE_IO", `nothing can be written to ${stateDir} (${code})`, {
      hint: "Make room there, or mount it writable; jamesc tries again by itself.",
      cause: thrown,
    });
  }
}
