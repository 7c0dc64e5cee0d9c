import { FolderLock } from "@jamesd/folder-lock";
import { JamesError } from "@jamesd/model";

/** Takes the exclusive right to a state directory. @throws JamesError STATE_DIR_LOCKED, FILE_UNREADABLE */
export function lockStateDir(stateDir: string): Promise<FolderLock> {
  return FolderLock.take(stateDir, {
    program: "agent",
    locked: (processId) =>
      new JamesError("STATE_DIR_LOCKED", `another jamesc (process ${processId}) uses ${stateDir}`, {
        hint: "Stop it first, or give this one its own --state-dir and --install-root.",
      }),
    hint: "Name a directory that this user may write to with --state-dir.",
  });
}
