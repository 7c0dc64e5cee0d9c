import type { Digest, Packet } from "@jamesd/model";
import type { Layout } from "../disk/layout.ts";
import { EntryFinder } from "../plan/entry-finder.ts";
import type { KnownContent, Seen } from "../plan/unchanged.ts";
import { markOf } from "./mark.ts";
import { type Reminder, readReminder } from "./note.ts";

/**
 * What the notes of installed packets know of the contents of their files: nothing of what something was done to since, or
 * others may write to. They are read when the first file is asked about.
 */
export function comparedContents(packets: readonly Packet[], layout: Layout): KnownContent {
  const entries = new EntryFinder(packets.map(({ manifest }) => manifest));
  const reminders = new Map<Digest, Reminder | undefined>();
  const reminderOf = ({ digest }: Packet): Reminder | undefined => {
    if (!reminders.has(digest)) reminders.set(digest, readReminder(layout, digest));
    return reminders.get(digest);
  };
  const us = process.geteuid?.();
  return (path, there) => {
    const entry = entries.find(path);
    if (entry?.type !== "file" || !isOfAlone(us, there)) return undefined;
    const reminder = reminderOf(packets[entries.which] as Packet);
    return reminder?.(path, markOf(there)) ? entry.digest : undefined;
  };
}

/** Others may have mapped a file into memory: what they write so changes no time once its page is dirty. mmap(2) */
function isOfAlone(user: number | undefined, { uid, mode }: Seen): boolean {
  return uid === user && (mode & 0o022) === 0;
}
