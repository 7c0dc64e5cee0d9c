import { setTimeout as sleep } from "node:timers/promises";
import { compareAccounts, type SimulatedFleet } from "@jamesd/simulation";
import type { Bench, Finding } from "../bench.ts";
import { residentKb } from "../process-usage.ts";
import { Scene } from "./scene.ts";
import { measureStore } from "./store.ts";
import { measureUntil, quantile, type Stretch } from "./stretch.ts";

const DEVICES = 1_000;
const SETTLE_MS = 2_000;
const HOLD_S = 300;

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
    rows: [...atOnce.rows, ...held.rows].map(([what, stretch]) => rowOf(what, stretch, devices)),
    notes: [...atOnce.notes, ...held.notes, ...(await measureStore())],
  };
}

interface Found {
  readonly rows: readonly (readonly [what: string, stretch: Stretch])[];
  readonly notes: readonly string[];
}

/** Devices that are connected and say nothing all report another state at once. */
async function reportAtOnce(scene: Scene, fleet: SimulatedFleet, devices: number): Promise<Found> {
  const at = { server: () => scene.server.pid, operator: scene.operator };
  const isOver = (): boolean => fleet.sample().told === devices;
  const coming = await measureUntil({ ...at, begin: () => fleet.start(), isOver });
  fleet.tally.reportMs.length = 0;
  const begin = (): void => fleet.change(["simulated", "changed"]);
  const reporting = await measureUntil({ ...at, begin, isOver });
  const { reportMs } = fleet.tally;
  const [half, most] = [quantile(reportMs, 0.5), quantile(reportMs, 0.99)];
  return {
    rows: [
      ["all come, one after the other, and report for the first time", coming],
      ["all report at once, until all are acknowledged", reporting],
    ],
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
  await sleep(SETTLE_MS);
  const kb = residentKb(scene.server.pid);
  const begin = async (): Promise<void> => {
    fleet.wanted = await operator.want(1);
  };
  const isOver = (): boolean => fleet.sample().inSync === devices;
  const updating = await measureUntil({ ...at, begin, isOver });
  const isBack = (): boolean => fleet.sample().connected === devices;
  const returning = await measureUntil({ ...at, begin: () => scene.restart(), isOver: isBack });
  await sleep(SETTLE_MS);
  const { done, failures, refused } = fleet.tally;
  const { lost, doubled } = compareAccounts(done, await operator.transactions(), () => false);
  const connected = await operator.connected();
  await fleet.stop();
  const kinds = [...refused].map(([code, count]) => `${code} ${count}`).join(", ") || "nothing";
  return {
    rows: [
      ["all held get a packet of 20 KB and have reported", updating],
      ["the server is killed and started, until all are connected again", returning],
    ],
    notes: [
      `${done.length} transactions; lost: ${lost.length}, doubled: ${doubled.length}; refused: ${kinds}; ${failures} questions without an answer; ${connected} connected after all, as the server says`,
      `server: ${(kb / 1024).toFixed(0)} MB resident with all held; this process with all devices: ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
    ],
  };
}

function rowOf(
  what: string,
  { seconds, serverCpu, ownCpu, asked }: Stretch,
  devices: number,
): readonly string[] {
  const each = (cpu: number): string => ((cpu * 1000) / devices).toFixed(2);
  return [
    ...[what, seconds.toFixed(1), (devices / seconds).toFixed(0), each(serverCpu), each(ownCpu)],
    ...[quantile(asked, 0.99).toFixed(0), Math.max(...asked).toFixed(0)],
  ];
}
