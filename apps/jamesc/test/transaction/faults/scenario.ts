import "./calls.ts";
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Packet } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import { readTree, sh } from "@jamesd/testkit";
import { Bench, Shelf } from "../fixture.ts";
import { Life } from "./life.ts";
import { bringTo, digests, putRight, REPAIRED } from "./plan.ts";

/** What is installed, what is wanted, and what comes of it. */
export interface Scenario {
  readonly name: string;
  readonly shelf: Shelf;
  readonly before: readonly Packet[];
  readonly wanted: readonly Packet[];
  readonly outcome: Transaction["outcome"];
  /** What is done to the install root before: what is wanted is that it be put right. */
  readonly damage?: (root: string) => void;
  /** The app that is installed again for that. */
  readonly again?: string;
  /** What is there before anything is installed, and nobody's. */
  readonly found?: (root: string) => void;
}

/** Rather short, because a dead process cannot start healthchecks and tries them to the end of their time. */
const OPTIONS = { healthcheckTimeoutMs: 1000 };

/** A device at the beginning of a scenario; what happens to it happens to copies. */
export class Stage implements Disposable {
  readonly scenario: Scenario;
  readonly bench = new Bench();
  old: object = {};
  new: object = {};

  private constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  static async make(scenario: Scenario): Promise<Stage> {
    const stage = new Stage(scenario);
    scenario.found?.(stage.bench.root);
    await bringTo(await stage.bench.open(OPTIONS), scenario.before, scenario);
    scenario.damage?.(stage.bench.root);
    stage.old = readTree(stage.bench.root);
    using copy = stage.copy();
    const result = await stage.carryOut(copy, new Life());
    assert.equal(result?.outcome, scenario.outcome, result?.error?.message);
    stage.new = readTree(copy.root);
    return stage;
  }

  copy(from = this.bench): Bench {
    const copy = new Bench();
    // fs.cpSync gives folders a mode of its own.
    sh("cp", "-a", `${from.dir}/.`, copy.dir);
    return copy;
  }

  /** One process: it starts, recovers, and carries the plan out unless that is done. */
  carryOut(bench: Bench, life: Life): Promise<Transaction | undefined> {
    const { wanted } = this.scenario;
    return life.run(async () => {
      const device = await bench.open(OPTIONS);
      return this.scenario.damage ? putRight(device, this.scenario) : bringTo(device, wanted, this.scenario);
    });
  }

  /** The same in a process that lives on after errors; undefined when it ended with one. */
  async tryOut(bench: Bench, life: Life): Promise<Transaction | undefined> {
    try {
      return await this.carryOut(bench, life);
    } catch (thrown) {
      assert.ok(thrown instanceof Error && "code" in thrown, String(thrown));
      return undefined;
    }
  }

  /** One process that only recovers. */
  recover(bench: Bench, life: Life): Promise<unknown> {
    return life.run(() => bench.open(OPTIONS));
  }

  /** Everything that the scenario's plan does to the disk, in order. */
  async points(): Promise<Life["points"]> {
    using copy = this.copy();
    const life = new Life();
    await this.carryOut(copy, life);
    return life.points;
  }

  /** After recovery a device is exactly at the old or exactly at the new apps, and says which. */
  assertWhole(bench: Bench, where: string): "old" | "new" {
    const state = stateOf(bench);
    const isThere = this.scenario.damage
      ? state.revision === REPAIRED
      : digests(state.apps) === digests(this.scenario.wanted);
    const isNew = this.scenario.outcome === "committed" && isThere;
    assert.deepEqual(
      readTree(bench.root),
      isNew ? this.new : this.old,
      `${where}: exactly ${isNew ? "new" : "old"}`,
    );
    if (!isNew) assert.equal(digests(state.apps), digests(this.scenario.before), `${where}: says old`);
    for (const name of ["journal", "staging"])
      assert.ok(!existsSync(join(bench.state, name)), `${where}: ${name} is left over`);
    return isNew ? "new" : "old";
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

interface State {
  readonly apps: readonly { readonly digest: string }[];
  readonly revision?: number;
}

function stateOf(bench: Bench): State {
  const path = join(bench.state, "state.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : { apps: [] };
}

const RAN = 'echo "$JAMES_SCRIPT" >> "$JAMES_ROOT/../log"\n';
const V1 = { "etc/app.conf": "1\n", "opt/old/x": "x\n", "opt/l": { link: "old" }, "opt/turns": "a file\n" };
const V2 = { "etc/app.conf": "2\n", "opt/new/y": "y\n", "opt/l": { link: "new" }, "opt/turns/z": "z\n" };

/** One of each kind: links, directories that come and go, a file that becomes a directory, scripts, several apps. */
export function scenarios(): readonly Scenario[] {
  const shelf = new Shelf();
  const v1 = shelf.add("app", V1, { prerm: RAN, postinst: RAN });
  const v2 = shelf.add("app", V2, { preinst: RAN, healthcheck: "true\n" }, { conffiles: ["etc/app.conf"] });
  const bad = shelf.add("app", V2, { preinst: RAN, postrm: RAN, postinst: "exit 1\n" });
  const other = shelf.add("other", {
    "srv/other": { text: "other\n", mode: 0o755 },
    "srv/empty": { dir: 0o750 },
  });
  const third = shelf.add("third", { "srv/third": "third\n", "opt/third": { dir: 0o750 } });
  const same = {
    "srv/same": "same\n",
    "srv/deep/same": { text: "same\n", mode: 0o600 },
    "srv/l": { link: "same" },
  };
  const web1 = shelf.add("web", { ...same, "srv/changed": "1\n", "srv/old/gone": "gone\n" });
  const web2 = shelf.add("web", { ...same, "srv/changed": "2\n", "srv/new/came": "came\n" });
  const stay = { "srv/stays": "stays\n", "srv/deep/stays": { text: "stays\n", mode: 0o600 } };
  const spoil = `cd "$JAMES_ROOT/srv"; echo spoilt > stays; chmod 666 stays; rm -r deep\n`;
  const staying = { ...stay, "srv/grows": "1\n" };
  const stays1 = shelf.add("stay", { ...staying, "srv/changed": "1\n" }, { prerm: RAN });
  const stays2 = shelf.add("stay", { ...staying, "srv/changed": "2\n" }, { postinst: RAN });
  const spoilt = shelf.add("stay", { ...staying, "srv/changed": "3\n" }, { postinst: `${spoil}exit 1\n` });
  const touched1 = shelf.add(
    "stay",
    { ...staying, "srv/changed": "1\n" },
    { prerm: 'echo 2 >> "$JAMES_ROOT/srv/grows"\n' },
  );
  const base = { shelf, outcome: "committed" as const };
  return [
    { ...base, name: "install", before: [], wanted: [v1] },
    { ...base, name: "upgrade", before: [v1], wanted: [v2] },
    { ...base, name: "partial upgrade", before: [web1], wanted: [web2] },
    { ...base, name: "uninstall", before: [v1], wanted: [] },
    { ...base, name: "several apps", before: [v1, other], wanted: [v2, third] },
    { ...base, name: "staying", before: [touched1], wanted: [stays2] },
    { ...base, name: "staying undone", before: [stays1], wanted: [spoilt], outcome: "rolled-back" },
    { ...base, name: "rollback", before: [v1, other], wanted: [bad, third], outcome: "rolled-back" },
  ];
}

/** Files, links and directories of an installed app that were changed in every way are put right. */
export function repairScenario(): Scenario {
  const shelf = new Shelf();
  const tree = {
    "opt/content": "content\n",
    "opt/gone": "gone\n",
    "opt/mode": { text: "mode\n", mode: 0o755 },
    "opt/l": { link: "content" },
    "opt/dir": { dir: 0o750 },
    "opt/away/in": "in\n",
    "opt/right": "right\n",
  };
  const app = shelf.add("app", tree, { postinst: RAN });
  const damage = (root: string): void => {
    const at = (path: string): string => join(root, "opt", path);
    writeFileSync(at("content"), "damaged\n");
    rmSync(at("gone"));
    chmodSync(at("mode"), 0o777);
    rmSync(at("l"));
    symlinkSync("nowhere", at("l"));
    chmodSync(at("dir"), 0o700);
    if (process.getuid?.() === 0) chownSync(at("dir"), 1234, 1234);
    rmSync(at("away"), { recursive: true });
  };
  return { name: "repair", shelf, before: [app], wanted: [app], outcome: "committed", damage };
}

/** The first thing that a device gets takes the place of files that nobody owns. */
export function overScenario(): Scenario {
  const shelf = new Shelf();
  const tree = { "opt/app": "of the packet\n", "opt/same": "same\n", "opt/came": "came\n" };
  const app = shelf.add("app", tree, {}, { policy: { unowned: "overwrite" } });
  const found = (root: string): void => {
    mkdirSync(join(root, "opt"));
    writeFileSync(join(root, "opt/app"), "of nobody\n");
    writeFileSync(join(root, "opt/same"), "same\n");
  };
  return { name: "install over files", shelf, before: [], wanted: [app], outcome: "committed", found };
}

/** One of two apps is installed again, a file of which was changed and another one deleted. */
export function reinstallScenario(): Scenario {
  const shelf = new Shelf();
  const app = shelf.add("app", { ...V1, "opt/gone": "gone\n" }, { prerm: RAN, preinst: RAN, postinst: RAN });
  const other = shelf.add("other", { "srv/other": "other\n" });
  const damage = (root: string): void => {
    writeFileSync(join(root, "etc/app.conf"), "damaged\n");
    rmSync(join(root, "opt/gone"));
  };
  const both = [app, other];
  return { name: "reinstall", shelf, before: both, wanted: both, outcome: "committed", damage, again: "app" };
}

/** Small, for sweeps of sweeps. */
export function smallScenario(outcome: Transaction["outcome"]): Scenario {
  const shelf = new Shelf();
  const v1 = shelf.add("app", { "a/file": "1\n", link: { link: "a" } });
  const script = outcome === "committed" ? "true\n" : "exit 1\n";
  const v2 = shelf.add("app", { "b/file": "2\n", link: { link: "b" } }, { postinst: script, prerm: RAN });
  return { name: `small, ${outcome}`, shelf, before: [v1], wanted: [v2], outcome };
}
