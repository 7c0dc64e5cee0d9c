import { JamesError } from "@jamesd/model";
import { openFolderBlobStore } from "../src/blobs/folder.ts";

// Started by blob-store.test.ts under injected faults: puts and flushes a content of each size and prints how it went.
const [dir = "", sizes = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const blobs = await openFolderBlobStore(dir);
for (const [i, size] of sizes.split(",").entries()) {
  const outcome = await putAndFlush(Buffer.alloc(Number(size), i + 1)).catch((thrown: unknown) =>
    thrown instanceof JamesError ? thrown.code : String(thrown),
  );
  console.log(outcome);
}

async function putAndFlush(content: Uint8Array): Promise<string> {
  await blobs.put(chunks(content));
  await blobs.flush();
  return "stored";
}

async function* chunks(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
