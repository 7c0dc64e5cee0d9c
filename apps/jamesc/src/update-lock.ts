import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { JamesError } from "@jamesd/model";
import { statOf } from "./transaction/index.ts";

/** A lock of a file, as the kernel lists it. proc_locks(5) */
interface KernelLock {
  readonly pid: number;
  /** `MAJOR:MINOR`, in hexadecimal. */
  readonly device: string;
  readonly inode: number;
}

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
/** In a folder where others may write, such as /run/lock, a link or a FIFO may stand in its place: neither is followed or waited for. */
const MAKE = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK;
/** Nor is anything opened that stands there already. */
const NAME = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

/** A line of /proc/locks; those that wait for a lock have an arrow. */
const LOCK = /^\d+: \w+ +\w+ +\w+ +(\d+) ([0-9a-f]+:[0-9a-f]+):(\d+) /;

/**
 * Keeps updates away while an application is busy. It is held by whoever has the file locked (flock(2), fcntl(2)), or is
 * named in the folder beside it, as `jamesc lock` does it: Node cannot lock files.
 */
export class UpdateLock {
  readonly #file: string;
  readonly #locks: string;

  /** @param locks where the kernel lists locks */
  constructor(file: string, locks = "/proc/locks") {
    this.#file = file;
    this.#locks = locks;
  }

  /** Makes the file, so that applications can lock it. Best effort: what cannot be made cannot be locked either. */
  make(): void {
    try {
      closeSync(openSync(this.#file, MAKE, 0o644));
    } catch {
      // Its folder is not there yet, or takes nothing, or something else stands there.
    }
  }

  /** Who holds it, in words; undefined: nobody, as far as can be seen. */
  holder(): string | undefined {
    const pid = this.#lockedBy() ?? this.#namedIn();
    return pid === undefined ? undefined : `process ${pid}${nameOf(pid)}`;
  }

  /** Says that a process holds it, until it ends or `release` is called. @throws JamesError FILE_UNREADABLE */
  hold(pid: number): { release(): void } {
    const started = statOf(pid)?.started;
    if (started === undefined) return { release: () => undefined };
    try {
      return nameIn(this.#folder, `${pid}-${started}`);
    } catch (cause) {
      throw new JamesError(
        "FILE_UNREADABLE",
        `cannot hold the update lock in ${this.#folder}: ${(cause as Error).message}`,
        {
          hint: "It has to be a folder, and no link to one, that this user may write to; --update-lock says where it is.",
          cause,
        },
      );
    }
  }

  get #folder(): string {
    return `${this.#file}.d`;
  }

  #lockedBy(): number | undefined {
    const stats = statIfThere(this.#file);
    if (!stats) return undefined;
    const device = deviceText(stats.dev);
    // On some file systems (btrfs) the kernel lists another device than stat(2) tells: there the number of the file has to do.
    const isIt = (lock: KernelLock): boolean =>
      BigInt(lock.inode) === stats.ino && (lock.device === device || hasOpen(lock.pid, stats));
    return this.#listed().find(isIt)?.pid;
  }

  #listed(): readonly KernelLock[] {
    return readIfThere(this.#locks)
      .split("\n")
      .flatMap((line) => {
        const [, pid, device = "", inode] = LOCK.exec(line) ?? [];
        return pid === undefined ? [] : [{ pid: Number(pid), device, inode: Number(inode) }];
      });
  }

  // Who ended without taking its name away is not there any more, and another process that got its number began later.
  #namedIn(): number | undefined {
    for (const name of namesIn(this.#folder)) {
      const [, pid, started] = /^(\d+)-(\d+)$/.exec(name) ?? [];
      const stat = pid === undefined ? undefined : statOf(Number(pid));
      if (stat?.isAlive && stat.started === started) return Number(pid);
    }
    return undefined;
  }
}

/**
 * Puts a name into a folder, which is made when there is none. In a folder of others its owner may have laid a link in the
 * place of it or of the name, and who runs this may be root: neither is followed, and what stands there is left as it is.
 */
function nameIn(folder: string, name: string): { release(): void } {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  let fd: number | undefined = openSync(folder, O_DIRECTORY | O_NOFOLLOW);
  const path = `/proc/self/fd/${fd}/${name}`;
  const release = (): void => {
    if (fd === undefined) return;
    removeQuietly(path);
    closeSync(fd);
    fd = undefined;
  };
  try {
    closeSync(openSync(path, NAME, 0o644));
  } catch (cause) {
    // A name counts, whatever it is of.
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return { release };
    closeSync(fd);
    throw cause;
  }
  return { release };
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It counts no more as soon as its process has ended.
  }
}

/** Linux's number of a device as the kernel writes it: the minor in two digits at least. */
function deviceText(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  const text = (number: bigint): string => number.toString(16).padStart(2, "0");
  return `${text(major)}:${text(minor)}`;
}

function hasOpen(pid: number, { dev, ino }: { readonly dev: bigint; readonly ino: bigint }): boolean {
  return namesIn(`/proc/${pid}/fd`).some((fd) => {
    const stats = statIfThere(`/proc/${pid}/fd/${fd}`);
    return stats?.dev === dev && stats.ino === ino;
  });
}

function statIfThere(path: string) {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string {
  const name = readIfThere(`/proc/${pid}/comm`).trim();
  return name === "" ? "" : ` (${name})`;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
