import type { Bench, Finding, Wishes } from "../bench.ts";
import { openSandbox } from "../kept-devices.ts";
import { canPin } from "../process-usage.ts";
import { COLUMNS, measureThroughput } from "./throughput.ts";

/** Unchanged check-ins that one core carries. */
export const CHECKIN: Bench = { name: "checkin", run };

async function run({ devices }: Wishes): Promise<Finding> {
  const pinned = canPin() ? "server and load generator on a core each" : "not pinned to cores";
  await using sandbox = await openSandbox();
  return {
    summary: `Unchanged check-ins: keep-alive connections with mutual TLS, ${pinned}; medians of interleaved runs (least to most). The ratios are to the bare server; "of nginx": nginx's processor time for a request as a part of this one's.`,
    columns: COLUMNS,
    named: 2,
    ...(await measureThroughput(sandbox, devices === undefined ? undefined : [devices])),
  };
}
