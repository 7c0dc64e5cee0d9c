import { JamesError } from "@jamesd/model";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { packetOf } from "../repository/repository.contract.ts";

// Started by database-faults.test.ts under injected faults: adds packets and prints how each went.
const [file = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const repository = await openSqliteRepository(file);
for (const version of ["v1", "v2", "v3", "v4"]) {
  const added = repository.packets.add(packetOf("a", [version]), {
    author: "olga",
    address: "10.0.0.1",
    time: 1,
  });
  const outcome = await added.then(
    () => "added",
    (thrown: unknown) => (thrown instanceof JamesError ? thrown.code : String(thrown)),
  );
  console.log(outcome);
}
console.log((await repository.packets.all()).map(({ tags }) => tags.join()).join());
