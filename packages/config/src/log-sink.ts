import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { JamesError } from "@jamesd/model";

const STDERR = 2;
/** Lines that cannot be written are held up to so many bytes. */
const MOST_HELD = 256 * 1024;
/** How soon a reader that did not keep up is tried again. */
const RETRY_MS = 100;

/**
 * Where a log goes: a file, or standard error. A log that cannot be written (a full disk, a reader that is gone or does
 * not read) never ends or holds the program: lines are held for a while, then the oldest are dropped, and how many were
 * lost is said as soon as something can be written again.
 */
export class LogSink {
  readonly #path: string | undefined;
  readonly #lostLine: (lost: number) => string;
  readonly #held: Buffer[] = [];
  #fd: number;
  #heldBytes = 0;
  /** The first held line was written in part already. */
  #isTorn = false;
  #lost = 0;
  #retry: NodeJS.Timeout | undefined;
  readonly #atExit = (): void => this.#drain();

  /**
   * @param path the file to append to; undefined: standard error
   * @param lostLine gives the line that says how many lines were lost
   * @throws JamesError FILE_UNREADABLE
   */
  constructor(path: string | undefined, lostLine: (lost: number) => string) {
    this.#path = path;
    this.#lostLine = lostLine;
    this.#fd = path === undefined ? openStandardError() : openFile(path);
    process.once("exit", this.#atExit);
  }

  /** Takes a line, with its end. */
  write(line: string): void {
    this.#hold(Buffer.from(line));
    this.#drain();
  }

  /** True while something that was not written yet is held. */
  get isBehind(): boolean {
    return this.#held.length > 0 || this.#lost > 0;
  }

  /** Opens the file anew, when it is one: whoever rotates logs has moved it away. @throws JamesError FILE_UNREADABLE */
  reopen(): void {
    if (this.#path === undefined) return;
    const old = this.#fd;
    this.#fd = openFile(this.#path);
    closeSync(old);
  }

  /** Lets go of the file, when it is one and has all lines. To be called when no more come. */
  close(): void {
    this.#drain();
    if (this.#path === undefined || this.isBehind) return;
    process.off("exit", this.#atExit);
    closeSync(this.#fd);
  }

  #hold(line: Buffer): void {
    this.#held.push(line);
    this.#heldBytes += line.length;
    // What was begun is finished, or the rest of the log would run into it.
    const first = this.#isTorn ? 1 : 0;
    while (this.#heldBytes > MOST_HELD && this.#held.length > first + 1) {
      const [dropped] = this.#held.splice(first, 1);
      this.#heldBytes -= dropped?.length ?? 0;
      this.#lost += 1;
    }
  }

  #drain(): void {
    try {
      for (let line = this.#next(); line !== undefined; line = this.#next()) {
        const written = writeSync(this.#fd, line);
        this.#take(line, written);
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EAGAIN") this.#retryLater();
    }
  }

  #next(): Buffer | undefined {
    return this.#lost > 0 && !this.#isTorn ? Buffer.from(this.#lostLine(this.#lost)) : this.#held[0];
  }

  /** So much of the next line was written. */
  #take(line: Buffer, written: number): void {
    if (this.#held[0] === line) {
      this.#held.shift();
      this.#heldBytes -= line.length;
    } else this.#lost = 0;
    this.#isTorn = written < line.length;
    if (!this.#isTorn) return;
    this.#held.unshift(line.subarray(written));
    this.#heldBytes += line.length - written;
  }

  #retryLater(): void {
    if (this.#retry) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#drain();
    }, RETRY_MS).unref();
  }
}

// A pipe is opened anew, for that alone makes it possible not to wait for its reader without changing it for everybody
// who has it; of anything else, or somebody else's, it is used as it is.
function openStandardError(): number {
  try {
    if (!fstatSync(STDERR).isFIFO()) return STDERR;
    return openSync(`/proc/self/fd/${STDERR}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return STDERR;
  }
}

function openFile(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    const stats = fstatSync(fd);
    const isOurs = stats.uid === 0 || stats.uid === process.geteuid?.();
    if (isOurs && (stats.isFile() ? stats.nlink === 1 : stats.isCharacterDevice())) return fd;
    closeSync(fd);
    throw new Error("it is not a file of this user's or root's with one name");
  } catch (cause) {
    throw new JamesError("FILE_UNREADABLE", `cannot write the log ${path}: ${(cause as Error).message}`, {
      hint: "Name a file that this user may write to with --log-file, or leave it out for standard error.",
      cause,
    });
  }
}
