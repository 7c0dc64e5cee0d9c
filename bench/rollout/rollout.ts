import type { Bench, Finding } from "../bench.ts";
import { measureCheckins } from "./checkins.ts";
import { measureFleet } from "./fleet.ts";
import { COLUMNS, measureServerSide } from "./server-side.ts";

const KNOWN = 100_000;
const SIMULATED = 10_000;

/** What a rollout costs the server, and what it spares a fleet. */
export const ROLLOUT: Bench = { name: "rollout", run };

async function run({ devices = SIMULATED }: { readonly devices?: number }): Promise<Finding> {
  const rows = await measureServerSide(KNOWN);
  const checkins = await measureCheckins();
  return {
    summary: `${KNOWN} devices in a real database, nobody connected; medians in one process (least to most). The ratio is of the processor time to the limit.`,
    columns: COLUMNS,
    rows,
    notes: [...checkins, ...(await measureFleet(devices))],
  };
}
