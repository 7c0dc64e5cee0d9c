import { writeSync } from "node:fs";
import { sha256 } from "@jamesd/model";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { admissionOf } from "../repository/repository-joining.contract.ts";

// Started by joining-kill.test.ts to be killed: lets two devices in by one token, prints the id of each, and closes.
const [file = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const repository = await openSqliteRepository(file);
for (const device of ["d-1", "d-2"]) {
  const serial = sha256(device).slice(0, 8);
  await repository.enrollments.admit(admissionOf(device, { token: "t", tags: ["lab"] }, serial));
  writeSync(1, `${device}\n`);
}
await repository.close();
