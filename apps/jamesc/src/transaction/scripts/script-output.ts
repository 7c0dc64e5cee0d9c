import { type ChildProcess, type StdioOptions, spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmdirSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

const KEPT_BYTES = 8 * 1024;
/** Where a pipe may stand else while it is opened: what an agent leaves there that is killed just then goes with the next start of the device. */
const FOLDERS = (): readonly string[] => ["/run", "/dev/shm", tmpdir()];

interface Pipe {
  readonly reader: Socket;
  readonly writer: number;
}

/** What one script writes to standard output and error, in its order, of which the end is kept. */
export class ScriptOutput {
  readonly #pipe: Pipe | undefined;
  #kept: Buffer = Buffer.alloc(0);

  /** @param path where a pipe may stand while it is opened, and nothing else does */
  constructor(path: string) {
    this.#pipe = makePipe(path);
  }

  /** Has the script's process started, with its standard output and error; what it reads comes from us. */
  start(spawn: (stdio: StdioOptions) => ChildProcess): ChildProcess {
    const { reader, writer } = this.#pipe ?? {};
    try {
      return spawn(writer === undefined ? ["pipe", "pipe", "pipe"] : ["pipe", writer, writer]);
    } catch (cause) {
      reader?.destroy();
      throw cause;
    } finally {
      // From here on only the script and what it starts hold that end.
      if (writer !== undefined) closeSync(writer);
    }
  }

  /** Reads what the started process writes, for as long as somebody can write; resolves when nobody can any more. */
  async follow(child: ChildProcess): Promise<void> {
    await Promise.all(this.#streams(child).map((stream) => this.#read(stream)));
  }

  /** Nobody waits for the end any more: reading on keeps no process alive. */
  letGo(child: ChildProcess): void {
    for (const stream of this.#streams(child)) (stream as { unref?: () => void }).unref?.();
  }

  /** Adds a line of our own. */
  say(line: string): void {
    this.#add(Buffer.from(`${line}\n`));
  }

  /** The last 8 KiB. */
  get text(): string {
    return this.#kept.toString("utf8");
  }

  #streams({ stdout, stderr }: ChildProcess): readonly Readable[] {
    return this.#pipe ? [this.#pipe.reader] : [stdout, stderr].filter((stream) => stream !== null);
  }

  #read(stream: Readable): Promise<void> {
    return new Promise((resolve) => {
      stream.on("data", (chunk: Buffer) => this.#add(chunk));
      stream.on("error", (error) => this.say(error.message));
      stream.on("close", resolve);
    });
  }

  // A script may write without end.
  #add(chunk: Buffer): void {
    // Of a gigabyte nothing is joined that does not stay.
    const joined = chunk.length > KEPT_BYTES ? chunk : Buffer.concat([this.#kept, chunk]);
    this.#kept = joined.length > KEPT_BYTES ? Buffer.from(joined.subarray(-KEPT_BYTES)) : joined;
  }
}

/**
 * A pipe(7), at a place of the agent's own: one that was left there by a kill is not in the way. Elsewhere where the state
 * directory is full, or on a disk that knows no pipes (vfat). What Node calls one is a pair of sockets, and those cannot be
 * opened by name, as scripts do with /dev/stdout and /dev/stderr (open(2), ENXIO). Where none can be made, as without
 * mkfifo(1), the sockets have to do.
 */
function makePipe(path: string): Pipe | undefined {
  const pipe = makePipeAt(path);
  if (pipe) return pipe;
  for (const folder of FOLDERS()) {
    const elsewhere = makePipeIn(folder);
    if (elsewhere) return elsewhere;
  }
  return undefined;
}

function makePipeIn(folder: string): Pipe | undefined {
  let dir: string | undefined;
  try {
    // Nobody else can open it by name, and after this nobody at all.
    dir = mkdtempSync(join(folder, "jamesc-"));
    return makePipeAt(join(dir, "output"));
  } catch {
    return undefined;
  } finally {
    const made = dir;
    if (made !== undefined) quietly(() => rmdirSync(made));
  }
}

function makePipeAt(path: string): Pipe | undefined {
  quietly(() => unlinkSync(path));
  try {
    if (spawnSync("mkfifo", ["-m", "600", path], { stdio: "ignore" }).status !== 0) return undefined;
    return openPipe(path);
  } catch {
    return undefined;
  } finally {
    quietly(() => unlinkSync(path));
  }
}

function openPipe(path: string): Pipe {
  // Not waiting for who writes, which are we ourselves.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const reader = new Socket({ fd, readable: true, writable: false });
  try {
    return { reader, writer: openSync(path, constants.O_WRONLY) };
  } catch (cause) {
    reader.destroy();
    throw cause;
  }
}

function quietly(remove: () => void): void {
  try {
    remove();
  } catch {
    // A pipe that nobody has open harms nobody, nor does an empty folder.
  }
}
