import { setTimeout as sleep } from "node:timers/promises";
import { compareAccounts, type SimulatedFleet } from "@jamesd/simulation";
import type { Bench, Finding } from "../bench.ts";
import { peakResidentKb, residentKb } from "../process-usage.ts";
import { quantile } from "../statistics.ts";
import { Scene } from "./scene.ts";
import { measureStore } from "./store.ts";
import { measureUntil, type Stretch } from "./stretch.ts";

const DEVICES = 1_000;
const SETTLE_MS = 2_000;
/** As in `checkin-held`: V8 has given back what it needed meanwhile. */
const QUIET_MS = 30_000;
const HOLD_S = 300;
const COMING = "all come, one after the other, and report for the first time";
const REPORTING = "all report at once, until all are acknowledged";
const UPDATING = "all held get a packet of 20 KB and have reported";
const RETURNING = "the server is killed and started, until all are connected again";

/** What a whole fleet at one server costs, with the devices on the same machine. */
export const FLEET: Bench = { name: "fleet", run };

async function run({ devices = DEVICES }): Promise<Finding> {
  await using scene = await Scene.open(devices);
  const fleet = scene.fleet();
  const atOnce = await reportAtOnce(scene, fleet, devices);
  const held = await updateHeld(scene, fleet, devices);
  return {
    summary: `${devices} simulated devices with mutual TLS and a certificate each, server and devices on one machine`,
    columns: [
      "what",
      "seconds",
      "a second",
      "server CPU ms each",
      "devices CPU ms each",
      "small questions p99 ms",
      "slowest ms",
    ],
    rows: [...atOnce.stretches, ...held.stretches].map((stretch) => rowOf(stretch, devices)),
    notes: [...atOnce.notes, ...held.notes, ...(await measureStore())],
  };
}

interface Found {
  readonly stretches: readonly Stretch[];
  readonly notes: readonly string[];
}

/** Devices that are connected and say nothing all report another state at once. */
async function reportAtOnce(scene: Scene, fleet: SimulatedFleet, devices: number): Promise<Found> {
  const at = { server: () => scene.server.pid, operator: scene.operator };
  const isOver = (): boolean => fleet.sample().told === devices;
  const coming = await measureUntil({ ...at, what: COMING, begin: () => fleet.start(), isOver });
  fleet.tally.reportMs.length = 0;
  const begin = (): void => fleet.change(["simulated", "changed"]);
  const reporting = await measureUntil({ ...at, what: REPORTING, begin, isOver });
  const { reportMs } = fleet.tally;
  const [half, most] = [quantile(reportMs, 0.5), quantile(reportMs, 0.99)];
  return {
    stretches: [coming, reporting],
    notes: [
      `reports at once: ${half.toFixed(0)} ms until acknowledged as a median, ${most.toFixed(0)} at the 99th percentile`,
    ],
  };
}

/** All devices wait in held check-ins; then they get an update, and then the server is killed. */
async function updateHeld(scene: Scene, fleet: SimulatedFleet, devices: number): Promise<Found> {
  const { operator } = scene;
  const at = { server: () => scene.server.pid, operator };
  fleet.hold(HOLD_S);
  await sleep(QUIET_MS);
  const [kb, peakKb] = [residentKb(scene.server.pid), peakResidentKb(scene.server.pid)];
  const begin = async (): Promise<void> => {
    fleet.wanted = await operator.want(1);
  };
  const isOver = (): boolean => fleet.sample().inSync === devices;
  const updating = await measureUntil({ ...at, what: UPDATING, begin, isOver });
  const isBack = (): boolean => fleet.sample().connected === devices;
  const returning = await measureUntil({
    ...at,
    what: RETURNING,
    begin: () => scene.restart(),
    isOver: isBack,
  });
  await sleep(SETTLE_MS);
  const { done, failures, refused } = fleet.tally;
  const { lost, doubled } = compareAccounts(done, await operator.transactions(), () => false);
  const connected = await operator.connected();
  await fleet.stop();
  const kinds = [...refused].map(([code, count]) => `${code} ${count}`).join(", ") || "nothing";
  return {
    stretches: [updating, returning],
    notes: [
      `${done.length} transactions; lost: ${lost.length}, doubled: ${doubled.length}; refused: ${kinds}; ${failures} questions without an answer; ${connected} connected after all, as the server says`,
      `server: ${(kb / 1024).toFixed(0)} MB resident with all held, half a minute after the last; ${(peakKb / 1024).toFixed(0)} at the most before; this process with all devices: ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
    ],
  };
}

function rowOf({ what, seconds, serverCpu, ownCpu, asked }: Stretch, devices: number): readonly string[] {
  const each = (cpu: number): string => ((cpu * 1000) / devices).toFixed(2);
  return [
    ...[what, seconds.toFixed(1), (devices / seconds).toFixed(0), each(serverCpu), each(ownCpu)],
    ...[quantile(asked, 0.99).toFixed(0), Math.max(...asked).toFixed(0)],
  ];
}
