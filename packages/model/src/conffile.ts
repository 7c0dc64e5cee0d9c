import { sha256 } from "./digest.ts";
import { JamesError } from "./error.ts";
import type { Packet } from "./packet.ts";

/** What a device puts after the name of a configuration file to name its new version beside it. */
const SUFFIX = ".jamesd-new";

/** Bytes that a name may have on Linux file systems (NAME_MAX, limits.h(0p)). */
const NAME_MAX = 255;

/**
 * Where a device puts a new version beside a configuration file that was edited: under its name and `.jamesd-new`. Of a
 * name that is too long for that as much as fits, and the beginning of its SHA-256, so that no two have the same.
 */
export function besideConffile(path: string): string {
  const start = path.lastIndexOf("/") + 1;
  const name = path.slice(start);
  if (Buffer.byteLength(name) + SUFFIX.length <= NAME_MAX) return path + SUFFIX;
  const end = `~${sha256(name).slice(0, 8)}${SUFFIX}`;
  return `${path.slice(0, start)}${cut(name, NAME_MAX - end.length)}${end}`;
}

// Whole characters only: half of one is no UTF-8.
function cut(text: string, bytes: number): string {
  let short = "";
  for (const character of text) {
    if (Buffer.byteLength(short + character) > bytes) break;
    short += character;
  }
  return short;
}

/**
 * Sees that configuration files are files of the packet without capabilities, and that no entry has the name of what is put beside one.
 * @throws JamesError CONFFILE_INVALID
 */
export function checkConffiles({ conffiles, manifest }: Pick<Packet, "conffiles" | "manifest">): void {
  if (conffiles.length === 0) return;
  const entries = new Map(manifest.map((entry) => [entry.path, entry]));
  for (const path of conffiles) {
    const entry = entries.get(path);
    if (entry?.type !== "file") throw notAFile(path);
    if (entry.capability)
      throw new JamesError("CONFFILE_INVALID", `/${path} has file capabilities`, {
        hint: "A configuration file is no program: leave out its --conffile, or its capabilities.",
      });
    if (entries.has(besideConffile(path)))
      throw new JamesError("CONFFILE_INVALID", `the packet has a file at /${besideConffile(path)}`, {
        hint: `That name is for what a device puts beside /${path} when it was edited.`,
      });
  }
}

function notAFile(path: string): JamesError {
  return new JamesError("CONFFILE_INVALID", `/${path} is not a file of the packet`, {
    hint: "A configuration file is named as it is in the archive, and is no directory or link.",
  });
}
