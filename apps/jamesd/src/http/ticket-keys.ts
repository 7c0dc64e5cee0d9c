import { createHash, randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { checkOwnFolder, writeDurably } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";

/** As many bytes as Node takes: https://nodejs.org/api/tls.html#servergetticketkeys */
const KEY_BYTES = 48;
/** A file that is larger is none of ours. */
const MOST_BYTES = 4096;
/** Older ones are not used again. */
const MOST_AGE_MS = 7 * 86_400_000;
/** File systems in memory: https://man7.org/linux/man-pages/man2/statfs.2.html */
const [TMPFS, RAMFS] = [0x01021994, 0x858458f6];
const FORMAT = 1;

/** What the file says. */
interface KeptKeys {
  readonly format: number;
  /** base64 */
  readonly keys: string;
  /** SHA-256 of the authorities whose certificates may be in tickets. */
  readonly authorities: string;
  /** Milliseconds since the epoch. */
  readonly made: number;
}

/**
 * The keys of the tickets that clients take up TLS sessions by (RFC 8446 section 4.6.1), in a file that outlives the
 * process: so a fleet that comes back after a restart makes half of a handshake each. Who has them can be any client, so
 * the file is in memory, as what this process knows is; and they are for one set of authorities: when it is another,
 * nobody takes up what the one before vouched for.
 */
export class TicketKeys {
  readonly #path: string;
  readonly #now: () => number;
  #kept: KeptKeys | undefined;

  /** @throws JamesError USAGE when the file would be on a disk, FOLDER_UNSAFE */
  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
    checkFolder(path);
    this.#kept = readKept(path);
  }

  /** The keys for these authorities, in PEM. @throws JamesError FILE_UNREADABLE when new ones cannot be written */
  under(authorities: readonly string[]): Buffer {
    const hash = createHash("sha256");
    for (const one of authorities) hash.update(one).update("\0");
    const digest = hash.digest("hex");
    const age = this.#now() - (this.#kept?.made ?? 0);
    // A clock that was set back makes nothing younger than new.
    const isGood = this.#kept?.authorities === digest && age >= 0 && age < MOST_AGE_MS;
    const kept = isGood && this.#kept ? this.#kept : this.#make(digest);
    this.#kept = kept;
    return Buffer.from(kept.keys, "base64");
  }

  #make(authorities: string): KeptKeys {
    const keys = randomBytes(KEY_BYTES).toString("base64");
    const made: KeptKeys = { format: FORMAT, keys, authorities, made: this.#now() };
    try {
      writeDurably(this.#path, JSON.stringify(made));
    } catch (cause) {
      throw new JamesError("FILE_UNREADABLE", `cannot write ${this.#path}: ${(cause as Error).message}`, {
        hint: "Give --ticket-keys a file in a folder of this user's in memory, or leave it out.",
        cause,
      });
    }
    return made;
  }
}

function checkFolder(path: string): void {
  const folder = dirname(path);
  checkOwnFolder(folder);
  const type = typeOf(folder);
  if (type === TMPFS || type === RAMFS) return;
  throw new JamesError("USAGE", `--ticket-keys: ${folder} is not in memory`, {
    hint: "Whoever reads these keys later can be any device: give a file in a tmpfs, such as /run/jamesd/ticket-keys.",
  });
}

function typeOf(folder: string): number | undefined {
  try {
    return statfsSync(folder).type;
  } catch {
    return undefined;
  }
}

/** Undefined when nothing is there, or what is not to be believed: then new ones are made, which costs handshakes alone. */
function readKept(path: string): KeptKeys | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { mode, uid, size } = fstatSync(fd);
    const isOwn = uid === process.geteuid?.() && (mode & 0o077) === 0;
    if (!isOwn || size > MOST_BYTES) return undefined;
    const kept = JSON.parse(readFileSync(fd, "utf8")) as KeptKeys;
    const isWhole = kept.format === FORMAT && Buffer.from(kept.keys, "base64").length === KEY_BYTES;
    return isWhole ? kept : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
