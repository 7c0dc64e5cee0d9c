export { askHolder } from "./ask.ts";
export { makeDurably, severalSyncs, syncPath, syncPathAside, syncPaths, writeDurably } from "./durable.ts";
export { FolderLock, type LockOptions, lockHolder } from "./folder-lock.ts";
export { makeFolder, makeFolders } from "./make-folder.ts";
export { checkOwnFile, checkOwnFolder, checkOwnWay, isTrustedUser } from "./own-folder.ts";
export { sizeOf } from "./size.ts";
export { syncFolder } from "./sync-folder.ts";
