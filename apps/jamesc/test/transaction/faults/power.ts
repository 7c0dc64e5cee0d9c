import "./calls.ts";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Transaction } from "@jamesd/protocol/device";
import { type FileSystem, pick, readTree } from "@jamesd/testkit";
import { Device, type TransactionEvent } from "../../../src/transaction/index.ts";
import { DEVICE_OPTIONS } from "../fixture.ts";
import { acrossAt, NOWHERE } from "./across.ts";
import type { Disk, Disks, Mounted } from "./disks.ts";
import { ImageDisks } from "./image-disks.ts";
import { Life, type Point, type Reaction } from "./life.ts";
import { ModelDisks } from "./model-disks.ts";
import { bringTo, digests, isSync } from "./plan.ts";
import type { Scenario } from "./scenario.ts";

/** Which file system writes out by itself, at any moment, what it has: none, or one of the two. */
export type Schedule = "lazy" | Disk;
/** What the power is cut of: file systems in images, or a model of one. */
export type DiskKind = FileSystem | "model";
export const SCHEDULES: readonly Schedule[] = ["lazy", "root", "state"];

interface Cut {
  readonly name: string;
  readonly where: string;
}

/** Some work, every cut of it, and what came of it undisturbed. */
interface CutRun<T> {
  readonly cuts: readonly Cut[];
  readonly result: T | undefined;
}

/** A scenario on disks whose power is cut at every moment that makes a difference. */
export class PowerTest implements Disposable {
  readonly #scenario: Scenario;
  readonly #disks: Disks;
  /** Which renames find their two ends on two file systems; see `acrossAt`. */
  readonly #across: RegExp;
  #trees: { old: object; new: object } = { old: {}, new: {} };

  private constructor(scenario: Scenario, disks: Disks, across: RegExp) {
    this.#scenario = scenario;
    this.#across = across;
    this.#disks = disks;
  }

  static async make(scenario: Scenario, kind: DiskKind, across = NOWHERE): Promise<PowerTest> {
    const disks = kind === "model" ? new ModelDisks() : new ImageDisks(kind);
    const test = new PowerTest(scenario, disks, across);
    disks.copy("empty", "start");
    const mounted = disks.mount("start");
    // With nothing before, the agent's very first start is cut as well.
    if (scenario.before.length > 0) await bringTo(await open(mounted), scenario.before, scenario);
    const old = readTree(mounted.root);
    disks.unmount(mounted);
    disks.copy("start", "end");
    const again = disks.mount("end");
    const result = await bringTo(await open(again), scenario.wanted, scenario);
    assert.equal(result?.outcome, scenario.outcome, result?.error?.message);
    test.#trees = { old, new: readTree(again.root) };
    disks.unmount(again);
    return test;
  }

  /** The syncs of the scenario, by the code that does them. */
  async syncSites(): Promise<readonly string[]> {
    const sites = new Set<string>();
    const watch = (point: Point): Reaction => {
      if (isSync(point.call)) sites.add(syncSite(point));
      return acrossAt(point, this.#across);
    };
    await this.#run("start", "sites", watch, (mounted) => this.#bringTo(mounted));
    this.#disks.remove("sites");
    return [...sites].sort();
  }

  /**
   * Carries the plan out once, cuts the power at every moment, and looks at what each leaves after recovery.
   * `without`: the sync that is left out.
   * @returns what is wrong with the first cut that breaks the guarantee; undefined when none does. `cuts` counts them,
   *   of which a sample is looked at unless a sync is left out, whose one cut must be found.
   */
  async sweep(schedule: Schedule, without?: string): Promise<{ cuts: number; broken: string | undefined }> {
    const { cuts, result } = await this.#cutPlan(schedule, without);
    const last = cuts.at(-1);
    const looked = without === undefined ? pick(`${this.#scenario.name} ${schedule}`, cuts, 5) : cuts;
    let broken: string | undefined;
    for (const one of looked) broken ??= await this.#look(one, one === last ? result : undefined);
    for (const { name } of cuts) this.#disks.remove(name);
    return { cuts: cuts.length, broken };
  }

  /** The same, and the power is cut again at every moment of each recovery. Disks write by themselves only in these. */
  async sweepRecoveries(schedule: Schedule): Promise<{ cuts: number; broken: string | undefined }> {
    const { cuts: first } = await this.#cutPlan("lazy");
    let cuts = 0;
    let broken: string | undefined;
    for (const { name, where } of pick(this.#scenario.name, first, 3)) {
      const { cuts: second } = await this.#cutAll(name, `${name}-again`, schedule, undefined, open);
      for (const one of pick(where, second, 3))
        broken ??= await this.#look({ ...one, where: `${where}, then ${one.where}` }, undefined);
      for (const one of second) this.#disks.remove(one.name);
      cuts += second.length;
    }
    for (const { name } of first) this.#disks.remove(name);
    return { cuts, broken };
  }

  [Symbol.dispose](): void {
    this.#disks[Symbol.dispose]();
  }

  #cutPlan(schedule: Schedule, without?: string): Promise<CutRun<Transaction>> {
    return this.#cutAll("start", "run", schedule, without, (mounted) => this.#bringTo(mounted));
  }

  /** Does some work on a copy of a state and cuts the power at every moment of it that makes a difference. */
  async #cutAll<T>(
    from: string,
    name: string,
    schedule: Schedule,
    without: string | undefined,
    work: (mounted: Mounted) => Promise<T | undefined>,
  ): Promise<CutRun<T>> {
    const cuts: Cut[] = [];
    const cut = (where: string): void => {
      const cutName = `${name}-cut${cuts.length}`;
      this.#disks.copy(name, cutName);
      cuts.push({ name: cutName, where });
    };
    let last: Point | undefined;
    const watch = (point: Point, mounted: Mounted): Reaction => {
      this.#disks.look();
      if (schedule !== "lazy") this.#disks.writeOut(mounted, schedule);
      // Between two syncs a lazy disk does not change.
      if (schedule !== "lazy" || last === undefined || isSync(last.call))
        cut(`before ${point.call} ${point.site()}`);
      last = point;
      if (without !== undefined && isSync(point.call) && syncSite(point) === without) return "skip";
      if (isSync(point.call)) this.#disks.synced(point.fd);
      return acrossAt(point, this.#across);
    };
    const result = await this.#run(from, name, watch, work, (mounted) => {
      cut("the end");
      if (schedule === "lazy") return;
      this.#disks.look();
      this.#disks.writeOut(mounted, schedule);
      cut("some time after the end");
    });
    this.#disks.remove(name);
    return { cuts, result };
  }

  async #run<T>(
    from: string,
    name: string,
    watch: (point: Point, mounted: Mounted) => Reaction,
    work: (mounted: Mounted) => Promise<T>,
    atEnd: (mounted: Mounted) => void = () => undefined,
  ): Promise<T | undefined> {
    this.#disks.copy(from, name);
    const mounted = this.#disks.mount(name);
    try {
      const result = await new Life((point) => watch(point, mounted)).run(() => work(mounted));
      atEnd(mounted);
      return result;
    } finally {
      this.#disks.unmount(mounted);
    }
  }

  async #bringTo(mounted: Mounted): Promise<Transaction | undefined> {
    return bringTo(await open(mounted), this.#scenario.wanted, this.#scenario);
  }

  /** What is wrong after the power came back; `acknowledged`: what the agent had said by then. */
  async #look({ name, where }: Cut, acknowledged: Transaction | undefined): Promise<string | undefined> {
    const mounted = this.#disks.mount(name);
    try {
      const failed: unknown[] = [];
      const lost = ["script failed", "counterpart passed over"];
      const device = await open(mounted, (event) => lost.includes(event.event) && failed.push(event));
      assert.deepEqual(failed, [], "every counterpart can run");
      assert.equal(device.stuck, undefined, device.stuck?.error?.message);
      const { wanted, before, outcome } = this.#scenario;
      const has = digests(device.installed);
      const isNew = outcome === "committed" && has === digests(wanted);
      if (!isNew) assert.equal(has, digests(before));
      assert.deepEqual(readTree(mounted.root), isNew ? this.#trees.new : this.#trees.old);
      for (const left of [join(mounted.root, ".jamesc-staging"), join(mounted.state, "jamesc/journal")])
        assert.ok(!existsSync(left), `${left} is left over`);
      if (acknowledged?.outcome === "committed") assert.ok(isNew, "what was committed is lost");
      if (acknowledged) assert.equal(device.pendingReport()?.id, acknowledged.id, "the report is lost");
      return undefined;
    } catch (thrown) {
      return `${where}: ${(thrown as Error).message.split("\n").slice(0, 12).join(" ")}`;
    } finally {
      this.#disks.unmount(mounted);
    }
  }
}

function open(
  { root, state }: Mounted,
  log: (event: TransactionEvent) => void = () => undefined,
): Promise<Device> {
  return Device.open({
    ...DEVICE_OPTIONS,
    healthcheckTimeoutMs: 1000,
    installRoot: root,
    stateDir: `${state}/jamesc`,
    log,
  });
}

/** The code that syncs: the function that wants it, and what. */
export function syncSite({ site }: Pick<Point, "site">): string {
  const frames = site().split(" < ");
  const wants = frames.find((frame) => !/\((durable|make-folder)\)$/.test(frame)) ?? "nobody";
  if (frames.some((frame) => frame.startsWith("syncPaths"))) return `${wants}: the files`;
  if (wants.startsWith("#append")) return "Journal.append (journal)";
  if (frames.some((frame) => frame.startsWith("#undoAll"))) return `${wants}, undoing`;
  if (!frames.some((frame) => frame.startsWith("writeDurably"))) return wants;
  return `${wants}: ${frames[0]?.startsWith("syncPath ") ? "the folder" : "the file"}`;
}
