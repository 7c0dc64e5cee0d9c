import { counted, type Entry, type Manifest, type Packet } from "@jamesd/model";
import type { DroppedAttributes } from "./attribute-notes.ts";

/** What there is at the top of a system (hier(7)), and what is often added to it. */
const TOP = new Set(
  "bin boot data dev etc home lib lib32 lib64 libx32 media mnt nix opt proc root run sbin snap srv sys tmp usr var".split(
    " ",
  ),
);

/** The numbers of users and groups that people get (login.defs(5)): on another machine the same number is somebody else. */
const [FIRST_PERSON, LAST_PERSON] = [1000, 60_000];

/** Of an archive that was taken: what is probably not meant. */
export function archiveWarnings(
  { manifest, policy, scripts }: Pick<Packet, "manifest" | "policy" | "scripts">,
  dropped: DroppedAttributes | undefined,
): readonly string[] {
  // A packet may be there for what its scripts do.
  const isNothing = manifest.length === 0 && Object.keys(scripts).length === 0;
  return [
    ...(isNothing
      ? ["the archive is empty: devices get nothing of this packet, and an update to it takes all files away"]
      : []),
    ...folderWarning(manifest),
    ...(policy.owners === "ignore" ? [] : ownerWarning(manifest)),
    ...(dropped ? [droppedWarning(dropped)] : []),
  ];
}

function folderWarning(manifest: Manifest): readonly string[] {
  const [top = "", ...others] = new Set(manifest.map(({ path }) => path.split("/", 1)[0] ?? ""));
  const isFolder = manifest.some(({ path }) => path.startsWith(`${top}/`));
  if (others.length > 0 || !isFolder || TOP.has(top)) return [];
  const name = quoted(top);
  return [
    `everything in the archive is in the folder ${name}, and comes to ${quoted(`/${top}`)} on devices; pack what is in it with tar -C ${name} .`,
  ];
}

function ownerWarning(manifest: Manifest): readonly string[] {
  const theirs = manifest.filter(({ uid, gid }) => isPerson(uid) || isPerson(gid));
  const [first] = theirs;
  if (!first) return [];
  return [
    `${counted(theirs.length, "entry belongs", "entries belong")} to an ordinary user's number (${quoted(first.path)} to ${ownerOf(first)}), who is somebody else on a device; pack with --owner=0 --group=0, or add the packet with --owners ignore`,
  ];
}

function droppedWarning({ entries, path, names }: DroppedAttributes): string {
  return `${counted(entries, "entry has", "entries have")} what packets do not keep: ${names.map(quoted).join(", ")} (${quoted(path)}); set it in a postinst script`;
}

function isPerson(id: number): boolean {
  return id >= FIRST_PERSON && id <= LAST_PERSON;
}

function ownerOf({ uid, gid }: Entry): string {
  return `${uid}:${gid}`;
}

/** Names of an archive are whatever its author wrote. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
