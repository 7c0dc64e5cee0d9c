import type { GivenRollout } from "@jamesd/model";
import { Changes } from "../../apps/jamesd/src/desired/changes.ts";
import { Desired } from "../../apps/jamesd/src/desired/desired.ts";
import { population } from "../../apps/jamesd/src/fleet/population.ts";
import { type OpenedRollouts, openRollouts } from "../../apps/jamesd/src/rollouts/open-rollouts.ts";
import { Turns } from "../../apps/jamesd/src/running/turns.ts";
import { KnownScene } from "../plan/known-scene.ts";
import { median, spread } from "../statistics.ts";
import { ORIGIN } from "../stored.ts";

const RUNS = 3;
const TICKS = 20;
/** So many devices of the open waves say something between two ticks. */
const NEWS = 100;
const nothing = (): void => undefined;
const QUIET = { info: nothing, warn: nothing, error: nothing };
const PLAN: GivenRollout = { waves: ["10%", "50%"], bakeMs: 0, patienceMs: 86_400_000 };

interface Took {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Columns of the rows that are measured here. */
export const COLUMNS = ["what", "ms", "processor ms", "limit ms", "ratio"];

/** What the server does for a rollout, in the process itself: rows of a table. */
export async function measureServerSide(devices: number): Promise<readonly (readonly string[])[]> {
  await using scene = await KnownScene.open(devices);
  const { fleet } = await scene.start();
  const changes = new Changes(fleet, scene.repository, new Turns());
  const desired = new Desired(changes);
  const rolling = await openRollouts({
    ...{ fleet, changes, now: Date.now, log: QUIET },
    population: (revision) => population(fleet, revision, Date.now()),
  });
  const found = { create: [], open: [], tick: [], quiet: [], look: [] } as Record<string, Took[]>;
  const note = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const [started, cpu] = [performance.now(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(cpu);
    found[what]?.push({ ms: performance.now() - started, cpuMs: (user + system) / 1000 });
  };
  await scene.changeSpec(fleet, 0);
  for (let run = 1; run <= RUNS; run += 1) {
    const content = { selector: [], apps: [{ name: "app-0", tags: [`v${run}`] }], policy: {} };
    const documents = [{ kind: "spec" as const, id: "all", ...content }];
    const request = { documents, remove: [], prune: false, dryRun: false, message: "" };
    let revision = 0;
    await note("create", async () => {
      ({ revision = 0 } = await desired.apply({ ...request, rollout: { plan: PLAN } }, ORIGIN));
    });
    await rolling.round();
    await note("open", () => tell(rolling, revision, { kind: "promote", wave: 2 }));
    await rolling.round();
    for (let tick = 0; tick < TICKS; tick += 1) await note("quiet", rolling.round);
    for (let tick = 0; tick < TICKS; tick += 1) {
      for (let i = 0; i < NEWS; i += 1) fleet.devices.news.tell(`device-${tick * NEWS + i}`);
      await note("tick", rolling.round);
    }
    for (let look = 0; look < TICKS; look += 1) await note("look", () => rolling.rollouts.get(revision));
    await tell(rolling, revision, { kind: "revert" });
  }
  await rolling.close();
  await fleet.close();
  const row = (what: string, name: string, limit: number): readonly string[] => {
    const all = found[name] ?? [];
    const cpu = median(all.map(({ cpuMs }) => cpuMs));
    const figures = [
      spread(
        all.map(({ ms }) => ms),
        1,
      ),
      cpu.toFixed(1),
    ];
    return [what, ...figures, String(limit), (cpu / limit).toFixed(2)];
  };
  return [
    row("apply that begins a rollout, until the answer", "create", 1000),
    row("a wave of 40 % more of all is opened", "open", 1000),
    row("a tick without news", "quiet", 50),
    row(`a tick with news of ${NEWS} devices`, "tick", 50),
    row("get-rollout", "look", 50),
  ];
}

type Command = Parameters<OpenedRollouts["rollouts"]["tell"]>[1];

function tell({ rollouts }: OpenedRollouts, revision: number, command: Command): Promise<unknown> {
  return rollouts.tell(revision, command, { ...ORIGIN, message: "" });
}
