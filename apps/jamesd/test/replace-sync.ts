import { type FileHandle, open } from "node:fs/promises";

/** Does a piece of work in which every sync of a file handle is another. */
export async function replacingSync<T>(
  replacement: (handle: FileHandle, sync: () => Promise<void>) => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  const handle = await open("/dev/null");
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  const { sync } = prototype;
  prototype.sync = function (this: FileHandle): Promise<void> {
    return replacement(this, () => sync.call(this));
  };
  try {
    return await work();
  } finally {
    prototype.sync = sync;
    await handle.close();
  }
}
