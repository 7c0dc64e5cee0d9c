import { openFolderBlobStore } from "../src/blobs/folder.ts";

// Started by blob-recompress.test.ts, and killed: compresses what was put in a hurry.
const [dir = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const blobs = await openFolderBlobStore(dir);
await blobs.findHurried();
for (const digest of blobs.hurried) await blobs.recompress(digest);
console.log("done");
