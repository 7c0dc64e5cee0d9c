import { randomBytes } from "node:crypto";
import { JamesError } from "@jamesd/model";
import { openFolderBlobStore } from "../src/blobs/folder.ts";

// Started by blob-store.test.ts under injected faults: puts and flushes a content of each size and prints how it went.
const [dir = "", sizes = "", given = "in pieces"] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const blobs = await openFolderBlobStore(dir);
for (const [i, size] of sizes.split(",").entries()) {
  const outcome = await putAndFlush(contentOf(Number(size), i + 1)).catch((thrown: unknown) =>
    thrown instanceof JamesError ? thrown.code : String(thrown),
  );
  console.log(outcome);
}

/** Small ones that the test knows; large ones that take their room, however they are stored. */
function contentOf(size: number, value: number): Uint8Array {
  return size < 1_000_000 ? Buffer.alloc(size, value) : randomBytes(size);
}

async function putAndFlush(content: Uint8Array): Promise<string> {
  await blobs.put(given === "whole" ? content : chunks(content));
  await blobs.flush();
  return "stored";
}

async function* chunks(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
