import { JamesError } from "@jamesd/model";

/** What an errno means to a person, and what can be done about it. */
interface Meaning {
  readonly means: string;
  readonly hint: string;
}

const FULL_HINT = "Make room on the device (df -h, df -i); the plan is tried again by itself.";
const DISK_HINT = "See what the kernel says of the disk: dmesg.";

/** Those that a device meets, see errno(3); others say what the system says of them. */
const MEANINGS: { readonly [errno: string]: Meaning } = {
  EPERM: {
    means: "the file system does not permit it",
    hint: "See whether it is immutable (lsattr; chattr -i), or its file system knows no such files (vfat).",
  },
  EACCES: {
    means: "jamesc may not do that there",
    hint: "Run jamesc as root, or let its user write to that folder and enter those above it.",
  },
  EBUSY: {
    means: "it is a mount point, or in use by the system",
    hint: "Unmount it (findmnt shows what is mounted), or leave it out of the packet.",
  },
  EROFS: {
    means: "the file system is read-only",
    hint: "Mount it writable; when nobody made it read-only on purpose, see dmesg for errors of the disk.",
  },
  ENOSPC: { means: "there is no room left on its file system", hint: FULL_HINT },
  EDQUOT: { means: "the disk quota is used up", hint: FULL_HINT },
  ENAMETOOLONG: {
    means: "the name is too long for its file system",
    hint: "Give it a shorter name in the packet.",
  },
  ELOOP: {
    means: "it leads through too many symbolic links",
    hint: "Follow the links with namei -l, and mend the one that leads round in a circle.",
  },
  ENOENT: {
    means: "it, or a folder above it, is gone",
    hint: "See what removed it; the next try looks anew.",
  },
  ENOTDIR: {
    means: "something above it is no folder",
    hint: "Move away what stands there, or leave it out of the packet.",
  },
  EISDIR: { means: "a folder stands there", hint: "Move it away, or leave the file out of the packet." },
  ENOTEMPTY: { means: "there is something in it", hint: "Move away what is in it." },
  EEXIST: { means: "something stands there already", hint: "Move it away, or leave it out of the packet." },
  EXDEV: {
    means: "it is on another file system than what is to be moved",
    hint: "See what is mounted there (findmnt), and that no script mounts or moves folders of the packet.",
  },
  EIO: { means: "the disk reports an error", hint: DISK_HINT },
  ENXIO: { means: "the device behind it is gone", hint: DISK_HINT },
  ENODEV: { means: "the device behind it is gone", hint: DISK_HINT },
  ESTALE: { means: "the server of its file system has lost it", hint: "Mount the file system anew." },
  ETXTBSY: { means: "the program is running", hint: "Stop it in a preinst or prerm script." },
  EFBIG: {
    means: "the file is too large for its file system",
    hint: "Put it on another file system, or raise the limit (ulimit -f).",
  },
  EMLINK: { means: "its file system allows no more links to it", hint: "Pack copies instead of hard links." },
  EINVAL: {
    means: "its file system does not take it",
    hint: "See whether the name or the owner is one that its file system cannot keep (vfat, user namespaces).",
  },
  EOPNOTSUPP: {
    means: "its file system cannot do that",
    hint: "Put it on another file system, or leave it out of the packet.",
  },
  EMFILE: {
    means: "jamesc has too many files open",
    hint: "Raise the limit (ulimit -n), and restart jamesc.",
  },
  ENFILE: { means: "the device has too many files open", hint: "See what holds them: lsof." },
  ENOMEM: { means: "the device has no memory left", hint: "See what takes it: free, ps." },
};

const FULL = new Set(["ENOSPC", "EDQUOT"]);

/**
 * Works on one thing of the device; when the system refuses, the error says what was to be done, to what, and the way out.
 * @param doing as in "move away"
 * @param what as people know it: a path of the device, never one that only this process can follow
 * @param hint a better way out than the usual one
 */
export function naming<T>(doing: string, what: string, work: () => T, hint?: string): T {
  try {
    return work();
  } catch (cause) {
    throw named(doing, what, cause, hint);
  }
}

/** The error that names what could not be done; what is no error of the system passes through. */
export function named(doing: string, what: string, cause: unknown, hint?: string): unknown {
  const errno = errnoOf(cause);
  if (errno === undefined) return cause;
  const meaning = meaningOf(errno, cause);
  return new JamesError(codeOf(errno), `cannot ${doing} ${what}: ${meaning.means} (${errno})`, {
    hint: hint ?? meaning.hint,
    cause,
  });
}

/** Anything that was thrown as a coded error: what the system refused is the device's, what else is none of ours INTERNAL. */
export function codedError(thrown: unknown): JamesError {
  return errnoOf(thrown) === undefined ? JamesError.from(thrown) : deviceError(thrown);
}

/** Any failure on the device as a coded error. */
export function deviceError(cause: unknown): JamesError {
  if (cause instanceof JamesError) return cause;
  const errno = errnoOf(cause);
  if (errno === undefined) return new JamesError("DEVICE_IO", messageOf(cause), { cause });
  const { means, hint } = meaningOf(errno, cause);
  const { syscall, path } = cause as NodeJS.ErrnoException;
  // A path of ours through a descriptor tells nobody anything, but its name does.
  const where = path?.replace(/^\/proc\/self\/fd\/\d+\//, "…/");
  const what = [syscall, where].filter(Boolean).join(" ");
  return new JamesError(codeOf(errno), `${what === "" ? "" : `${what}: `}${means} (${errno})`, {
    hint,
    cause,
  });
}

/** The errno of what the system refused; undefined for other errors. */
export function errnoOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || cause instanceof JamesError) return undefined;
  const { code, syscall } = cause as NodeJS.ErrnoException;
  return syscall !== undefined && /^E[A-Z0-9]+$/.test(code ?? "") ? code : undefined;
}

function meaningOf(errno: string, cause: unknown): Meaning {
  const known = MEANINGS[errno];
  if (known) return known;
  // Node writes `EXXX: what the system says, call 'path'`.
  const [, means = errno] = /^\w+: ([^,]+)/.exec(messageOf(cause)) ?? [];
  return { means, hint: DISK_HINT };
}

function codeOf(errno: string): "STORAGE_FULL" | "DEVICE_IO" {
  return FULL.has(errno) ? "STORAGE_FULL" : "DEVICE_IO";
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
