import { writeSync } from "node:fs";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { pairOf } from "../repository/repository.contract.ts";

// Started by repository-kill.test.ts to be killed: makes two revisions, prints the number of each, and closes.
const [file = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const repository = await openSqliteRepository(file);
for (const word of ["one", "two"]) {
  const request = { author: "olga", address: "10.0.0.1", message: word, time: 1 };
  const { revision } = await repository.documents.commit(pairOf(word), request);
  writeSync(1, `${revision}\n`);
}
await repository.close();
