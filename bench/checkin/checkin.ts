import { Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { canPin } from "../process-usage.ts";
import { measureMemory } from "./memory.ts";
import { CONNECTIONS, measureThroughput, RUNS } from "./throughput.ts";

/** Unchanged check-ins that one core carries, and the memory of those that wait. */
export const CHECKIN: Bench = { name: "checkin", run };

async function run(): Promise<Finding> {
  const pinned = canPin() ? "server and load generator on a core each" : "not pinned to cores";
  await using busy = await Sandbox.create();
  const rows = await measureThroughput(busy);
  await using idle = await Sandbox.create();
  return {
    summary: `Unchanged check-ins: ${CONNECTIONS} keep-alive connections with mutual TLS, ${pinned}; median of ${RUNS} interleaved runs (least to most).`,
    columns: ["server", "requests a second", "ratio", "server CPU µs a request", "ratio"],
    rows,
    notes: await measureMemory(idle),
  };
}
