import { resolvable } from "../../apps/jamesd/src/fleet/device.ts";
import type { Bench, Finding } from "../bench.ts";
import { median } from "../statistics.ts";
import { holdDevices } from "./held.ts";
import { listEach, listPage } from "./list.ts";
import {
  DEVICES,
  openScene,
  ownStates,
  PACKETS,
  type Scene,
  SPECS,
  siteDevices,
  specForAll,
  specForSite,
  specsOf,
  timeApply,
  timeSet,
} from "./scene.ts";

const RUNS = 5;
const PLANNED = 20_000;
const CONNECTED = 10_000;
const SET = 20;

/** What it costs to work out what a large fleet should have, beside the limits that were set. */
export const PLAN: Bench = { name: "plan", run };

async function run(): Promise<Finding> {
  await using scene = await openScene();
  await timeApply(scene, specsOf(0), false);
  const [one, dry, apply]: [number[], number[], number[]] = [[], [], []];
  const [site, told, page, each]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let i = 1; i <= RUNS; i += 1) {
    one.push(await planOne(scene));
    dry.push(await timeApply(scene, specsOf(i), true));
    apply.push(await timeApply(scene, [specForAll(i)], false));
    const { answerMs, toldMs } = await applyToSite(scene, i);
    site.push(answerMs);
    told.push(toldMs);
    page.push(await listPage(scene));
    each.push(await listEach(scene));
  }
  const ownMs = await timeApply(scene, ownStates(), false);
  const set: number[] = [];
  for (let i = 1; i <= SET; i += 1) set.push(await timeSet(scene, i));
  const ratio = (found: number, limit: number): string => (found / limit).toFixed(2);
  const row = (what: string, values: readonly number[], limit: number, unit: string): readonly string[] => {
    const found = median(values);
    const spread = `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
    return [what, `${found.toFixed(1)} ${unit}`, spread, `${limit} ${unit}`, ratio(found, limit)];
  };
  return {
    summary: `${PACKETS} packets, ${DEVICES} devices, ${SPECS} specs of which each device has three; medians of ${RUNS} runs in one process`,
    columns: ["what", "median", "spread", "limit", "ratio"],
    rows: [
      row("effective state and plan of one device", one, 50, "µs"),
      row("plan --file of all specs, over the whole fleet", dry, 2000, "ms"),
      row("apply of a spec that changes every device, until the answer", apply, 1000, "ms"),
      row(`apply for one site, ${CONNECTED} devices connected, until the answer`, site, 1000, "ms"),
      row("the same, until every connected device of the site has its plan", told, 1000, "ms"),
      row("set-desired-state of one device, when each has one of its own", set, 50, "ms"),
      row("a page of 1,000 devices, the last that are in a state that nearly all have", page, 100, "ms"),
      row("all devices with a tag and an app that none has", each, 100, "ms"),
    ],
    notes: [
      "For one device nothing that devices with the same tags share is used.",
      `Starting with that fleet took ${(scene.loadMs / 1000).toFixed(1)} s. Where nothing is said of it, nobody is connected; SQLite with synchronous=FULL.`,
      `${DEVICES} desired states of devices in one revision took ${(ownMs / 1000).toFixed(1)} s.`,
      `Of the ${CONNECTED} connected devices only the ${siteDevices(CONNECTED).length} of the site were answered; all others went on waiting.`,
    ],
  };
}

/** Microseconds for one device, from its tags to its steps. */
async function planOne({ fleet }: Scene): Promise<number> {
  const devices = await fleet.devices.getAll(Array.from({ length: PLANNED }, (_, i) => `device-${i}`));
  const started = performance.now();
  let steps = 0;
  // One at a time would also count the making of the resolver, which holds for all.
  const resolver = fleet.targets.by(fleet.targets.documents);
  for (const device of devices) {
    const tagSet = { ...device.tagSet };
    const target = resolver.target({ ...resolvable(device), tagSet });
    if (target) steps += fleet.targets.plan(device, target).steps.length;
  }
  if (steps < PLANNED) throw new Error("there was too little to plan");
  return ((performance.now() - started) * 1000) / PLANNED;
}

/** Milliseconds until a change for one site is answered, and until all its connected devices, and only they, have a plan. */
async function applyToSite(scene: Scene, version: number): Promise<{ answerMs: number; toldMs: number }> {
  const concerned = siteDevices(CONNECTED);
  await using held = await holdDevices(
    scene,
    Array.from({ length: CONNECTED }, (_, i) => `device-${i}`),
  );
  const told = held.until(concerned.length);
  const started = performance.now();
  const answerMs = await timeApply(scene, [specForSite(version)], false);
  await told;
  const toldMs = performance.now() - started;
  const others = [...held.answered].filter((id) => !concerned.includes(id));
  if (others.length > 0)
    throw new Error(`${others.length} devices were woken that the change does not concern`);
  return { answerMs, toldMs };
}
