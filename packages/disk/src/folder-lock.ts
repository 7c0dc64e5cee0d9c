// The agent loads this file on every device: without node:fs/promises, which takes half a megabyte.
import { closeSync, type Dirent, existsSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { JamesError } from "@jamesd/model";
import { answerSocket } from "./ask.ts";
import { firstLock } from "./first-lock.ts";
import { lockNames, newLockName, processOf } from "./lock-name.ts";
import { makeFolder } from "./make-folder.ts";
import { checkOwnFolder } from "./own-folder.ts";

const TRIES = 5;

/** What leads to open folders by their descriptors. */
const DESCRIPTORS = "/proc/self/fd";

/** Who takes a lock, and what to tell people. */
export interface LockOptions {
  /** What the lock is named after: only locks of the same name exclude each other. */
  readonly program: string;
  /** What is thrown when another process holds the lock. */
  readonly locked: (processId: string) => JamesError;
  /** How to name another folder, for the hint when this one cannot be used. */
  readonly hint: string;
  /** What lies in a folder of this program, one of which is there from its first use; left out: it takes any folder, else none that holds other folders alone. */
  readonly marks?: ReadonlySet<string>;
  /** Answers the questions of `askHolder`. */
  readonly answer?: (question: string) => Promise<string>;
}

/**
 * The exclusive right to a folder. Who holds it listens on a Unix socket in the folder, `PROGRAM-PID-RANDOM.lock`: the
 * kernel knows whether somebody does, so it ends with the process however that ends, knows no reused process id, and is
 * seen from other containers. A newcomer first listens and then looks for others: of two, at least one sees the other
 * and withdraws, so there are never two holders.
 */
export class FolderLock {
  readonly #fd: number;
  readonly #server: Server;
  readonly #name: string;
  readonly #options: LockOptions;

  private constructor(fd: number, server: Server, options: LockOptions) {
    this.#fd = fd;
    this.#server = server;
    this.#name = newLockName(options.program);
    this.#options = options;
  }

  /** Makes the folder when it is missing. @throws JamesError what `locked` gives, FOLDER_UNSAFE, FOLDER_FOREIGN, FILE_UNREADABLE, STORAGE_FULL */
  static async take(path: string, options: LockOptions): Promise<FolderLock> {
    openFolder(path, options);
    for (let tries = 1; ; tries += 1) {
      const lock = await FolderLock.#listen(path, options);
      const holder = await lock.#findOther();
      if (holder === undefined) return lock;
      await lock.release();
      if (tries === TRIES) throw options.locked(processOf(holder, options.program));
      // Two newcomers that saw each other must not meet again.
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 40));
    }
  }

  /** Ends the right, also where the name of the lock cannot be removed: a name that nobody listens behind is a dead one. */
  async release(): Promise<void> {
    try {
      rmSync(this.#path(this.#name), { force: true });
    } finally {
      await new Promise((resolve) => this.#server.close(resolve));
      closeSync(this.#fd);
    }
  }

  static async #listen(path: string, options: LockOptions): Promise<FolderLock> {
    const fd = openSync(path, "r");
    const { answer } = options;
    const server = createServer((socket) => (answer ? answerSocket(socket, answer) : socket.destroy()));
    const lock = new FolderLock(fd, server.unref(), options);
    try {
      // It gets its name when it already listens: a name that nobody listens behind is always a dead one.
      await listening(server, lock.#path(`.${lock.#name}`));
      renameSync(lock.#path(`.${lock.#name}`), lock.#path(lock.#name));
      return lock;
    } catch (cause) {
      await lock.release();
      throw folderError(path, cause, options);
    }
  }

  /** The name of somebody else's lock; those that the dead left are removed. */
  async #findOther(): Promise<string | undefined> {
    for (const name of lockNames(readdirSync(this.#path(".")), this.#options.program)) {
      if (name === this.#name) continue;
      if (await isListening(this.#path(name))) return name;
      // Also when it is a folder: nobody listens on one.
      rmSync(this.#path(name), { recursive: true, force: true });
    }
    return undefined;
  }

  /** Through the open folder, because a socket's path may not be longer than 107 bytes. */
  #path(name: string): string {
    return `${DESCRIPTORS}/${this.#fd}/${name}`;
  }
}

/** The process that holds the lock of a folder; undefined when nobody does. Nothing is changed there. */
export function lockHolder(folder: string, program: string): Promise<string | undefined> {
  return firstLock(folder, program, async (path, name) =>
    (await isListening(path)) ? processOf(name, program) : undefined,
  );
}

function openFolder(path: string, options: LockOptions): void {
  // Before as well: making what is missing would follow a link that leads elsewhere.
  checkOwnFolder(path);
  try {
    makeFolder(path);
    refuseForeign(path, readdirSync(path, { withFileTypes: true }), options);
  } catch (cause) {
    throw cause instanceof JamesError ? cause : folderError(path, cause, options);
  }
  checkOwnFolder(path);
}

/**
 * What others keep in a folder would lie among what is written and deleted there. Files alone are no others: a log, or keys,
 * are often put there before the first start. @throws JamesError FOLDER_FOREIGN
 */
function refuseForeign(path: string, entries: readonly Dirent[], { program, marks }: LockOptions): void {
  const isOurs = ({ name }: Dirent): boolean =>
    marks?.has(name) || name.replace(/^\./, "").startsWith(`${program}-`);
  // At the top of a file system there may be that alone.
  const other = entries.find((entry) => entry.isDirectory() && entry.name !== "lost+found");
  if (!marks || !other || entries.some(isOurs)) return;
  throw new JamesError(
    "FOLDER_FOREIGN",
    `${path} is no folder of this program: it holds the folder ${JSON.stringify(other.name)}, and nothing that was made for this`,
    { hint: "Name an empty folder, or one that is to be made, such as one in it." },
  );
}

function folderError(path: string, cause: unknown, { hint }: LockOptions): JamesError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new JamesError("STORAGE_FULL", `no space left for a lock in ${path}`, {
      hint: "Make room there; df shows the space, df -i how many files there may be.",
      cause,
    });
  if (!existsSync(DESCRIPTORS))
    return new JamesError("FILE_UNREADABLE", `cannot use the folder ${path}: ${DESCRIPTORS} is not there`, {
      hint: "Mount /proc, as by: mount -t proc proc /proc.",
      cause,
    });
  return new JamesError("FILE_UNREADABLE", `cannot use the folder ${path}: ${message}`, { hint, cause });
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).once("listening", resolve);
    listen(server, path);
  });
}

/**
 * `listen` loads `node:cluster`, to ask whether this is a part of one, and with it child processes and datagrams: two thirds
 * of a megabyte. What it comes to where there is none has a name of its own, which Node keeps for who calls it.
 */
function listen(server: Server, path: string): void {
  const { _listen2: alone } = server as {
    readonly _listen2?: (path: string, port: number, type: number) => void;
  };
  if (alone) alone.call(server, path, -1, -1);
  else server.listen(path);
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    // Whatever else goes wrong (no permission, too many waiting), somebody is there.
    socket.on("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== "ECONNREFUSED" && code !== "ENOENT"),
    );
  });
}
