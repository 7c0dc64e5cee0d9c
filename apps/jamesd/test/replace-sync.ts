import fs from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { promisify } from "node:util";

/** Does a piece of work in which every sync of an open file, given by its number, is another. */
export async function replacingSync<T>(
  replacement: (file: number, sync: () => Promise<void>) => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  const handle = await open("/dev/null");
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  const { sync } = prototype;
  const { fsync } = fs;
  prototype.sync = function (this: FileHandle): Promise<void> {
    return replacement(this.fd, () => sync.call(this));
  };
  const replaced = (file: number, done: (thrown: NodeJS.ErrnoException | null) => void): void => {
    replacement(file, () => promisify(fsync)(file)).then(() => done(null), done);
  };
  fs.fsync = Object.assign(replaced, { __promisify__: fsync.__promisify__ });
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    prototype.sync = sync;
    fs.fsync = fsync;
    syncBuiltinESMExports();
    await handle.close();
  }
}
