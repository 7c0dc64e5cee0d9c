import { askHolder, FolderLock } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";

const PROGRAM = "server";

/** What lies in a data folder or a backup, whole or not. */
const MARKS: ReadonlySet<string> = new Set([
  "jamesd.db",
  "jamesd.db.new",
  "jamesd.db-wal",
  "blobs",
  "uploads",
  "jamesd-backup",
  "jamesd-backup.new",
]);

/**
 * Takes the exclusive right to write to a data folder, which is made when it is missing.
 * @param answer answers questions of other processes of this machine (`askServer`)
 * @throws JamesError DATA_LOCKED, FOLDER_FOREIGN, FILE_UNREADABLE
 */
export function lockData(data: string, answer?: (question: string) => Promise<string>): Promise<FolderLock> {
  return FolderLock.take(data, {
    program: PROGRAM,
    locked: (processId) =>
      new JamesError("DATA_LOCKED", `another jamesd (process ${processId}) uses ${data}`, {
        hint: "Stop it first, or give this one its own --data.",
      }),
    hint: "Name a folder that jamesd may write with --data.",
    marks: MARKS,
    ...(answer && { answer }),
  });
}

/** Asks the jamesd that uses a data folder. @returns undefined when it does not answer questions */
export function askServer(data: string, question: string): Promise<string | undefined> {
  return askHolder(data, PROGRAM, question);
}
