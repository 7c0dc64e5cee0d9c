import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { setTimeout } from "node:timers/promises";
import { JamesError } from "@jamesd/model";

const PREFIX = "agent-";
const TRIES = 5;

/**
 * The exclusive right to a state folder. Who holds it listens on a Unix socket in the folder, `agent-PID-RANDOM.lock`:
 * the kernel knows whether somebody does, so it ends with the process however that ends, knows no reused process id,
 * and is seen from other containers. A newcomer first listens and then looks for others: of two, at least one
 * sees the other and withdraws, so there are never two holders.
 */
export class StateLock {
  readonly #folder: FileHandle;
  readonly #server: Server;
  readonly #name: string;

  private constructor(folder: FileHandle, server: Server, name: string) {
    this.#folder = folder;
    this.#server = server;
    this.#name = name;
  }

  /** Makes the folder when it is missing. @throws JamesError STATE_DIR_LOCKED, FILE_UNREADABLE */
  static async take(stateDir: string): Promise<StateLock> {
    makeFolder(stateDir);
    for (let tries = 1; ; tries += 1) {
      const lock = await StateLock.#listen(stateDir);
      const holder = await lock.#findOther();
      if (holder === undefined) return lock;
      await lock.release();
      if (tries === TRIES) throw locked(stateDir, holder);
      // Two newcomers that saw each other must not meet again.
      await setTimeout(10 + Math.random() * 40);
    }
  }

  async release(): Promise<void> {
    rmSync(this.#path(this.#name), { force: true });
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#folder.close();
  }

  static async #listen(stateDir: string): Promise<StateLock> {
    const folder = await open(stateDir, "r");
    const name = `${PREFIX}${process.pid}-${randomBytes(6).toString("hex")}.lock`;
    const lock = new StateLock(folder, createServer((socket) => socket.destroy()).unref(), name);
    // It gets its name when it already listens: a name that nobody listens behind is always a dead one.
    await listening(lock.#server, lock.#path(`.${name}`));
    renameSync(lock.#path(`.${name}`), lock.#path(name));
    return lock;
  }

  /** The name of somebody else's lock; those that the dead left are removed. */
  async #findOther(): Promise<string | undefined> {
    for (const name of readdirSync(this.#path("."))) {
      if (!name.startsWith(PREFIX) || name === this.#name) continue;
      if (await isListening(this.#path(name))) return name;
      rmSync(this.#path(name), { force: true });
    }
    return undefined;
  }

  /** Through the open folder, because a socket's path may not be longer than 107 bytes. */
  #path(name: string): string {
    return `/proc/self/fd/${this.#folder.fd}/${name}`;
  }
}

function makeFolder(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    readdirSync(stateDir);
  } catch (cause) {
    throw new JamesError(
      "FILE_UNREADABLE",
      `cannot use the state directory ${stateDir}: ${(cause as Error).message}`,
      {
        hint: "Name a directory that this user may write to with --state-dir.",
        cause,
      },
    );
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(path, () => resolve());
  });
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

function locked(stateDir: string, holder: string): JamesError {
  const pid = holder.slice(PREFIX.length).split("-")[0];
  return new JamesError("STATE_DIR_LOCKED", `another jamesc (process ${pid}) uses ${stateDir}`, {
    hint: "Stop it first, or give this one its own --state-dir and --install-root.",
  });
}
