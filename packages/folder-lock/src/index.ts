export { askHolder } from "./ask.ts";
export { FolderLock, type LockOptions } from "./folder-lock.ts";
