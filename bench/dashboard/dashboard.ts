import { type Bench, type Finding, notMeasured } from "../bench.ts";
import { median, spread } from "../statistics.ts";
import { MeasuredBrowser } from "./browser.ts";
import { Scene } from "./scene.ts";
import { Visitor } from "./visitor.ts";

const DEVICES = 100_000;
const RUNS = 7;
const EVENTS = 100_000;
const MB = 1e6;
/** Milliseconds, megabytes, percent of a core, bytes. */
const LIMITS = { firstPaint: 500, usable: 1000, heap: 20, idle: 1, bytes: 40 * 1024 } as const;

/** What the pages cost by which people watch a large fleet, beside the limits that were set. */
export const DASHBOARD: Bench = { name: "dashboard", run: ({ devices }) => run(devices ?? DEVICES) };

type Row = readonly string[];
type Loaded = Awaited<ReturnType<Visitor["load"]>>;

/** A page as it came again and again, of all devices and of one. */
interface Loads {
  readonly name: string;
  readonly full: readonly Loaded[];
  readonly bare: readonly Loaded[];
}

async function run(devices: number): Promise<Finding> {
  const found = {
    summary: `A real server with ${devices} devices of six apps each, jamesd-ctl dashboard and Chromium; medians of ${RUNS} runs, each in a profile that was never there (least to most). Beside it: the same of one device; of what is idle, a blank page in the same browser.`,
    columns: ["what", "found", "limit", "ratio", "beside it"],
  };
  if (!MeasuredBrowser.isHere) return { ...found, rows: [], notes: notMeasured(["chromium"]) };
  await using one = await Scene.open(1);
  await using scene = await Scene.open(devices);
  await using browser = await MeasuredBrowser.open(scene.sandbox.path("browser"));
  const bare = await Visitor.enter(one, browser);
  const full = await Visitor.enter(scene, browser);
  const rows = [
    ...loadRows(await loadsOf("/", full, bare), await loadsOf("/devices", full, bare)),
    ...(await idleRows(full)),
    ...(await heldRows(full)),
  ];
  return {
    ...found,
    rows,
    notes: [
      "Processor time of all processes of the browser, which begins a new one for each page.",
      "Idle: over a minute, in percent of a core; of server and jamesd-ctl what they use more than with a blank page. A list that nothing happens to is asked for again after 200 times as long as it took.",
    ],
  };
}

/** Loads by turns, so that what else the machine does falls on both. */
async function loadsOf(path: string, full: Visitor, bare: Visitor): Promise<Loads> {
  const all: { readonly full: Loaded; readonly bare: Loaded }[] = [];
  for (let i = 0; i < RUNS; i += 1) all.push({ full: await full.load(path), bare: await bare.load(path) });
  const name = path === "/" ? "the fleet" : path;
  return { name, full: all.map((each) => each.full), bare: all.map((each) => each.bare) };
}

function loadRows(fleet: Loads, list: Loads): readonly Row[] {
  const row = (
    { name, full, bare }: Loads,
    what: string,
    unit: string,
    of: (load: Loaded) => number | undefined,
    limit?: number,
  ): Row => {
    const values = full.map((load) => of(load) ?? Number.NaN);
    const beside = median(bare.map((load) => of(load) ?? Number.NaN));
    return [
      `${name}: ${what}`,
      `${spread(values, 0)} ${unit}`,
      ...ratioTo(median(values), limit, unit),
      `${beside.toFixed(0)} ${unit}`,
    ];
  };
  const firstPaint = (load: Loaded): number => load.firstPaint;
  return [
    row(fleet, "first paint", "ms", firstPaint, LIMITS.firstPaint),
    row(list, "first paint", "ms", firstPaint, LIMITS.firstPaint),
    row(list, "all rows are there", "ms", ({ all }) => all),
    row(list, "usable: the filter has answered", "ms", ({ usable }) => usable, LIMITS.usable),
    row(list, "processor time of the server", "ms", ({ cpu }) => cpu.server),
    row(list, "processor time of jamesd-ctl", "ms", ({ cpu }) => cpu.dashboard),
    row(list, "processor time of the browser", "ms", ({ cpu }) => cpu.browser),
    row(list, "page, script and style", "bytes", ({ codeBytes }) => codeBytes, LIMITS.bytes),
    row(list, "what the server says", "bytes", ({ dataBytes }) => dataBytes),
  ];
}

async function idleRows(full: Visitor): Promise<readonly Row[]> {
  const blank = await full.idle();
  const rows: Row[] = [];
  for (const [path, name] of [
    ["/", "the fleet"],
    ["/devices", "/devices"],
  ] as const) {
    const open = await full.idle(path);
    const row = (what: string, used: number, beside: number): Row => [
      `${name}, idle: ${what}`,
      `${used.toFixed(2)} %`,
      ...ratioTo(used, LIMITS.idle, "%"),
      `${beside.toFixed(2)} %`,
    ];
    rows.push(
      row("browser", open.browser, blank.browser),
      row("server", Math.max(0, open.server - blank.server), blank.server),
      row("jamesd-ctl", Math.max(0, open.dashboard - blank.dashboard), blank.dashboard),
    );
  }
  return rows;
}

async function heldRows(full: Visitor): Promise<readonly Row[]> {
  const { before, after } = await full.held(EVENTS);
  const row = (what: string, bytes: number): Row => [
    `/devices, held ${what}`,
    `${(bytes / MB).toFixed(1)} MB`,
    ...ratioTo(bytes / MB, LIMITS.heap, "MB"),
    "",
  ];
  return [row("when it has come", before), row(`after ${EVENTS} events`, after)];
}

function ratioTo(
  found: number,
  limit: number | undefined,
  unit: string,
): readonly [limit: string, ratio: string] {
  return limit === undefined ? ["", ""] : [`${limit} ${unit}`, (found / limit).toFixed(2)];
}
