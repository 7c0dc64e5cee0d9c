/**
 * What a path, a link target and a manifest must be like before anything is done with them. Pure, and free of the tar
 * library: the server applies it to archives, and the agent applies it again to what the server sends.
 */
import {
  type Entry,
  type FileEntry,
  foldersAbove,
  isDigest,
  isSameFile,
  type JamesError,
  type Manifest,
  manifestSize,
  parentPaths,
} from "@jamesd/model";
import { type ArchiveLimits, DEFAULT_LIMITS } from "./limits.ts";
import { quoted, refusal } from "./refuse.ts";

export { type ArchiveLimits, DEFAULT_LIMITS } from "./limits.ts";
export { parseLimits } from "./parse-limits.ts";

// As \p{Cc}, without the tables of Unicode: an agent has this in memory.
const CONTROL = /[^ -~\xA0-\uFFFF]/;
const SETID = 0o6000;
/** `struct vfs_cap_data` of linux/capability.h in revision 2: that of files that are root's own. */
const CAPABILITY = /^0[01]000002[0-9a-f]{32}$/;
/** The largest uid and gid that chown takes; 2^32 - 1 means "leave it as it is" there. */
const MAX_ID = 2 ** 32 - 2;

/** What gives a file's program more than who starts it has. */
type Rights = Pick<FileEntry, "path" | "mode" | "capability">;

/** Checks that a path stays below the root it is put under. @throws JamesError ARCHIVE_UNSAFE */
export function checkPath(path: string, limits: ArchiveLimits = DEFAULT_LIMITS): void {
  const problem = pathProblem(path, limits);
  if (problem !== undefined) throw refusal("ARCHIVE_UNSAFE", `the path ${quoted(path)} ${problem}`);
}

function pathProblem(path: string, limits: ArchiveLimits): string | undefined {
  if (path === "") return "is empty";
  if (path.startsWith("/")) return "is absolute";
  const text = textProblem(path, limits.pathBytes);
  if (text !== undefined) return text;
  const components = path.split("/");
  if (components.length > limits.depth) return `is deeper than ${limits.depth} components`;
  return components.map((component) => componentProblem(component, limits)).find(Boolean);
}

function componentProblem(component: string, limits: ArchiveLimits): string | undefined {
  if (component === "") return "has an empty component";
  if (component === "." || component === "..") return `has a component ${quoted(component)}`;
  if (Buffer.byteLength(component) > limits.componentBytes)
    return `has a component of more than ${limits.componentBytes} bytes`;
  return undefined;
}

// Readers of archives decode invalid UTF-8 to U+FFFD, so a name that holds it did not survive and is refused.
function textProblem(text: string, maxBytes: number): string | undefined {
  if (Buffer.byteLength(text) > maxBytes) return `is longer than ${maxBytes} bytes`;
  if (CONTROL.test(text)) return "has a control character";
  if (text.includes("\uFFFD") || !text.isWellFormed()) return "is not valid UTF-8";
  return undefined;
}

/**
 * Checks a symbolic link: a relative target must stay below the root; an absolute one means the device's root, and may
 * be anything. @throws JamesError ARCHIVE_UNSAFE
 */
export function checkTarget(path: string, target: string, limits: ArchiveLimits = DEFAULT_LIMITS): void {
  const problem =
    target === ""
      ? "is empty"
      : (textProblem(target, limits.targetBytes) ??
        (climbsOut(path, target) ? "leads out of the root" : undefined));
  if (problem !== undefined)
    throw refusal("ARCHIVE_UNSAFE", `the target ${quoted(target)} of the link ${quoted(path)} ${problem}`);
}

function climbsOut(path: string, target: string): boolean {
  if (target.startsWith("/")) return false;
  let depth = path.split("/").length - 1;
  for (const component of target.split("/")) {
    if (component === "..") depth -= 1;
    else if (component !== "" && component !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

/** Checks one entry by itself: its type, path, owner, mode, size, digest and target. @throws JamesError ARCHIVE_UNSAFE */
export function checkEntry(entry: Entry, limits: ArchiveLimits = DEFAULT_LIMITS): void {
  checkPath(entry.path, limits);
  checkField(entry, "uid", entry.uid, MAX_ID);
  checkField(entry, "gid", entry.gid, MAX_ID);
  switch (entry.type) {
    case "file":
      checkFile(entry, limits);
      break;
    case "directory":
      checkField(entry, "mode", entry.mode, 0o7777);
      break;
    case "symlink":
      checkTarget(entry.path, entry.target, limits);
      break;
    default:
      throw refusal("ARCHIVE_UNSAFE", `${quoted((entry as Entry).path)} is of an unknown type`);
  }
}

function checkFile(entry: Entry & { type: "file" }, limits: ArchiveLimits): void {
  checkField(entry, "mode", entry.mode, 0o7777);
  checkField(entry, "size", entry.size, Number.MAX_SAFE_INTEGER);
  if (!isDigest(entry.digest)) throw refusal("ARCHIVE_UNSAFE", `the digest of ${quoted(entry.path)} is none`);
  checkRights(entry, limits);
}

/**
 * Refuses a file that is setuid or setgid, or has capabilities, unless the limits allow it, and capabilities of a kind that
 * not every device can have. @throws JamesError ARCHIVE_UNSAFE
 */
export function checkRights({ path, mode, capability }: Rights, limits: ArchiveLimits): void {
  if (capability !== undefined && !CAPABILITY.test(capability)) throw noCapability(path, capability);
  if (limits.allowSetid) return;
  if ((mode & SETID) !== 0) {
    const hint = "Remove the bits with chmod ug-s, or declare them: jamesd-ctl add-packet --allow-setid.";
    throw refusal("ARCHIVE_UNSAFE", `the file ${quoted(path)} is setuid or setgid`, hint);
  }
  if (capability === undefined) return;
  const hint = "Pack it without --xattrs, or declare them: jamesd-ctl add-packet --allow-setid.";
  throw refusal("ARCHIVE_UNSAFE", `${quoted(path)} has file capabilities (security.capability)`, hint);
}

function noCapability(path: string, capability: string): JamesError {
  const revision = Number.parseInt(capability.slice(6, 8), 16);
  const why =
    revision === 1 || revision === 3
      ? `of revision ${revision}, ${revision === 1 ? "which has 32 bits" : "which hold in one user namespace"}`
      : "that are damaged";
  const hint = "Set them anew with setcap, as root and outside of containers, or pack it without --xattrs.";
  return refusal("ARCHIVE_UNSAFE", `${quoted(path)} has file capabilities ${why}`, hint);
}

function checkField(entry: Entry, name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw refusal(
    "ARCHIVE_UNSAFE",
    `the ${name} of ${quoted(entry.path)} is ${value}, not a number from 0 to ${max}`,
  );
}

/**
 * Checks a whole manifest as if an enemy had written it: each entry by itself, each path once and in order, nothing
 * below a file or a link, and within the limits.
 * @param unchecked those of its entries that were not checked by themselves before
 * @throws JamesError ARCHIVE_UNSAFE, ARCHIVE_TOO_LARGE
 */
export function checkManifest(
  manifest: Manifest,
  limits: ArchiveLimits = DEFAULT_LIMITS,
  unchecked: Manifest = manifest,
): void {
  if (manifest.length > limits.entries)
    throw refusal("ARCHIVE_TOO_LARGE", `there are more than ${limits.entries} entries`);
  for (const entry of unchecked) checkEntry(entry, limits);
  if (manifestSize(manifest) > limits.bytes)
    throw refusal("ARCHIVE_TOO_LARGE", `the files have more than ${limits.bytes} bytes`);
  checkOrder(manifest);
  checkParents(manifest);
  checkLinks(manifest);
}

// All names of a file must say the same of it, or the device would have to choose.
function checkLinks(manifest: Manifest): void {
  if (!manifest.some((entry) => entry.type === "file" && entry.sameAs !== undefined)) return;
  const firsts = new Map<string, FileEntry>();
  for (const entry of manifest) {
    if (entry.type !== "file") continue;
    const { path, sameAs } = entry;
    const first = sameAs === undefined ? undefined : firsts.get(sameAs);
    if (sameAs === undefined) firsts.set(path, entry);
    else if (!first || !isSameFile(entry, first))
      throw refusal(
        "ARCHIVE_UNSAFE",
        `${quoted(path)} is said to be the same file as ${quoted(sameAs)}, and is not`,
      );
  }
}

function checkOrder(manifest: Manifest): void {
  let previous = "";
  for (const { path } of manifest) {
    if (path === previous) throw refusal("ARCHIVE_UNSAFE", `the path ${quoted(path)} occurs twice`);
    if (path < previous) throw refusal("ARCHIVE_UNSAFE", `the path ${quoted(path)} is out of order`);
    previous = path;
  }
}

function checkParents(manifest: Manifest): void {
  const folders = foldersAbove(manifest.map(({ path }) => path));
  const placed = new Map<string, Entry["type"]>();
  for (const { path, type } of manifest)
    if (type !== "directory" && folders.has(path)) placed.set(path, type);
  if (placed.size === 0) return;
  for (const { path } of manifest) {
    const wrong = parentPaths(path).find((parent) => placed.has(parent));
    if (wrong !== undefined)
      throw refusal(
        "ARCHIVE_UNSAFE",
        `${quoted(path)} is below ${quoted(wrong)}, which is a ${placed.get(wrong)}`,
      );
  }
}
