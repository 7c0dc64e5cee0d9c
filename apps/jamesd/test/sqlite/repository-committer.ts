import { writeSync } from "node:fs";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { pairOf } from "../repository/repository.contract.ts";
import { rolloutOf, SECOND, stateOf } from "../repository/rollout-values.ts";

// Started by repository-kill.test.ts to be killed: makes a revision with its rollout, opens a wave, makes a revision that
// ends the rollout, prints the number of the newest step after each, and closes.
const [file = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const repository = await openSqliteRepository(file);
const { documents, rollouts } = repository;
const request = { author: "olga", address: "10.0.0.1", message: "on", time: 1 };
const { revision } = await documents.commit(pairOf("one"), request, undefined, { rollout: rolloutOf() });
writeSync(1, "1\n");
await rollouts.step(revision, 1, { state: stateOf({ wave: 2 }), opens: [SECOND] }, request);
writeSync(1, "2\n");
const ends = [{ revision, step: 2, state: stateOf({ wave: 2, status: "reverted" }) }];
await documents.commit(pairOf("two"), request, undefined, { ends });
writeSync(1, "3\n");
await repository.close();
