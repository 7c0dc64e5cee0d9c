import { setImmediate as turn } from "node:timers/promises";
import { garbageCollector } from "@jamesd/config/collector";
import type { Bench, Finding } from "../bench.ts";
import { AT_ONCE } from "../stored.ts";
import { timeBlocks } from "./block.ts";
import { KnownScene } from "./known-scene.ts";

const DEVICES = 200_000;
const RUNS = 3;

/** What devices cost that are known and not connected, beside the limits that were set. */
export const KNOWN: Bench = { name: "known", run: ({ devices }) => run(devices ?? DEVICES) };

async function run(devices: number): Promise<Finding> {
  const collector = garbageCollector();
  const collect = (): void => collector({ type: "major", execution: "sync" });
  await using scene = await KnownScene.open(devices);
  const before = await held(collect);
  const first = await scene.start();
  const bytes = ((await held(collect)) - before) / devices;
  const roster = first.fleet.devices.bytes / devices;
  const spec = [];
  for (let version = 0; version < RUNS; version += 1)
    spec.push(await timeBlocks(() => scene.changeSpec(first.fleet, version)));
  const given = await timeBlocks(() => scene.giveOwn(first.fleet));
  const own = [];
  for (let version = RUNS; version < 2 * RUNS; version += 1)
    own.push(await timeBlocks(() => scene.changeSpec(first.fleet, version)));
  await first.fleet.close();
  const again = await scene.start();
  await again.fleet.close();
  const row = (what: string, found: number, limit: number, unit: string): readonly string[] => [
    what,
    `${found.toFixed(unit === "s" ? 2 : 1)} ${unit}`,
    `${limit} ${unit}`,
    (found / limit).toFixed(2),
  ];
  const most = (blocks: readonly { readonly blockMs: number }[]): number =>
    Math.max(...blocks.map(({ blockMs }) => blockMs));
  return {
    summary: `${devices} devices, none of which is connected; the most of ${RUNS} changes of a spec for all of them`,
    columns: ["what", "found", "limit", "ratio"],
    rows: [
      row("memory for each: its row, with its id", roster, 50, "bytes"),
      [
        "memory for each: with the lists that devices share, and the catalogue of 500 packets",
        `${bytes.toFixed(1)} bytes`,
        "",
        "",
      ],
      row("processor time of the start", first.took.cpuMs / 1000, 3, "s"),
      row("the same, each with a desired state of its own", again.took.cpuMs / 1000, 3, "s"),
      row("a change of a spec: longest turn of the event loop", most(spec), 50, "ms"),
      row("the same, each with a desired state of its own", most(own), 50, "ms"),
      row(`desired states of their own, ${AT_ONCE} devices in a revision: the same`, most([given]), 50, "ms"),
    ],
    notes: [
      `By the clock, with all that the machine did beside it: the starts ${wall(first.took)} and ${wall(again.took)}, the changes ${[...spec, ...own].map(wall).join(", ")}.`,
      "Turns of the event loop by the processor time of the thread: what others do on the machine is no part of it.",
    ],
  };
}

async function held(collect: () => void): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    await turn();
    collect();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function wall({ ms }: { readonly ms: number }): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
