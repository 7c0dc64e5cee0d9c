import { writeSync } from "node:fs";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { packetOf } from "../repository/repository.contract.ts";
import { rolloutOf, stateOf } from "../repository/rollout-values.ts";

// Started by packet-rollout-kill.test.ts to be killed: adds a packet with its rollout, then takes it away, which ends the
// rollout; prints the number of the newest step after each, and closes.
const [file = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const repository = await openSqliteRepository(file);
const { packets } = repository;
const origin = { author: "olga", address: "10.0.0.1", time: 1 };
const { info } = await packets.add(packetOf("vpn", ["v2"]), origin, undefined, {
  ...{ ...rolloutOf(), message: "vpn 2" },
});
writeSync(1, "1\n");
const ends = [{ revision: 1, step: 1, state: stateOf({ status: "reverted" }) }];
await packets.remove(info.digest, origin, undefined, { message: "bad", ends });
writeSync(1, "2\n");
await repository.close();
