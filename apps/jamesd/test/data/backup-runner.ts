import { JamesError } from "@jamesd/model";
import { backupData, restoreData } from "../../src/data/backup.ts";

// Started by backup-kill.test.ts and backup-full.test.ts: copies, or says with which code it did not.
const [verb, from = "", to = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const copied = verb === "backup" ? backupData(from, to) : restoreData(from, to);
await copied.then(
  () => console.log("copied"),
  (thrown: unknown) => console.log(thrown instanceof JamesError ? thrown.code : String(thrown)),
);
