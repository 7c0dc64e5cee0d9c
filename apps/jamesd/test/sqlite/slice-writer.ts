import { JamesError } from "@jamesd/model";
import { SqliteDatabase } from "../../src/sqlite/database.ts";

// Started by database-faults.test.ts under injected faults: while one connection writes in slices, another moves what is in the log into the file.
const [file = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const outcome = async (written: Promise<unknown>): Promise<string> =>
  written.then(
    () => "written",
    (thrown: unknown) => (thrown instanceof JamesError ? thrown.code : String(thrown)),
  );
const db = SqliteDatabase.open(file);
const add = "INSERT INTO server_runs (started, until) SELECT count(*), 1 FROM server_runs";
console.log(await outcome(db.write(() => db.prepare(add).run())));
function* work(beside: SqliteDatabase) {
  beside.prepare(add).run();
  yield;
  db.checkpoint();
}
console.log(await outcome(db.writeInSlices(work)));
console.log(await outcome(db.gather(() => db.prepare(add).run())));
console.log(db.read(() => db.prepare("SELECT count(*) AS found FROM server_runs").get())?.found);
