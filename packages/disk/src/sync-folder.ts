import { open } from "node:fs/promises";

/** `syncPath` for a folder, away from the thread: for who has others to serve meanwhile. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
