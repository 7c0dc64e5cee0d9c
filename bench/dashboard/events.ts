import { setTimeout as sleep } from "node:timers/promises";
import { HEALTHY, SimulatedFleet } from "@jamesd/simulation";
import type { Sandbox } from "@jamesd/testkit";
import { identitiesIn } from "../kept-devices.ts";
import { endpointOf } from "../operator.ts";

/** Each may report 256 times at once, and then four times a second. */
const DEVICES = 500;
const ARRIVALS_A_SECOND = 100;
const INTERVAL_MS = 60_000;
const LOOK_MS = 20;
const HUNG_MS = 600_000;

/** Has so many events happen: devices check in and report other tags, again and again. */
export async function makeEvents(sandbox: Sandbox, count: number): Promise<void> {
  const identities = await identitiesIn(sandbox, DEVICES);
  const fleet = new SimulatedFleet({
    ...{ seed: "dashboard", endpoint: endpointOf(sandbox), identities, mix: HEALTHY },
    ...{ holdSeconds: 0, intervalMs: INTERVAL_MS, pace: 1, systemtags: ["simulated"] },
    arrivalsASecond: ARRIVALS_A_SECOND,
  });
  const before = await lastEvent(sandbox);
  try {
    fleet.start();
    await allHaveReported(fleet);
    for (let round = 0; (await lastEvent(sandbox)) - before < count; round += 1) {
      fleet.change(["simulated", `round-${round % 10}`]);
      await allHaveReported(fleet);
    }
  } finally {
    await fleet.stop();
  }
}

async function allHaveReported(fleet: SimulatedFleet): Promise<void> {
  for (const until = performance.now() + HUNG_MS; fleet.sample().told < DEVICES; await sleep(LOOK_MS))
    if (performance.now() > until) throw new Error("devices do not report");
}

/** The number of the newest event. */
async function lastEvent(sandbox: Sandbox): Promise<number> {
  const [last] = JSON.parse(await sandbox.get("/v1/events?last=1")) as readonly {
    readonly sequence: number;
  }[];
  return last?.sequence ?? 0;
}
