import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { HEALTHY, type Mark, type Operator, plotSvg, type Sample, SimulatedFleet } from "@jamesd/simulation";
import { allowConnections } from "../checkin/open-files.ts";
import { identitiesIn, openSandbox } from "../kept-devices.ts";
import { endpointOf, fleetOperator } from "../operator.ts";

const PLOT = fileURLToPath(new URL("../rollout.svg", import.meta.url));
const PACKET_BYTES = 2_000;
const [BAD, ASLEEP] = [0.03, 0.05];
/** Of the devices that get it, the third version fails on so many. */
const BROKEN = 0.3;
const LIFE = { holdSeconds: 300, intervalMs: 60_000, pace: 1, systemtags: ["simulated"] };
const ARRIVALS_A_SECOND = 400;
const LOOK_MS = 250;
const HUNG_MS = 600_000;
/** As many fail as are bad, by chance more in a small wave. */
const PLAN = { waves: ["1%", "10%", "100%"], bakeMs: 2_000, success: 0.9, failures: 0.1 };

/** A fleet of which some always fail and some are away: a good version spreads, then one that is no good. Lines for people, and a picture. */
export async function measureFleet(devices: number): Promise<readonly string[]> {
  if (allowConnections(devices) < devices) return [`${devices} devices: too few files may be open here.`];
  await using sandbox = await openSandbox();
  const identities = await identitiesIn(sandbox, devices);
  await sandbox.startServer("--log-level", "warn", "--max-held", `${devices}`);
  const mix = { ...HEALTHY, bad: BAD, offline: ASLEEP };
  const common = { ...LIFE, mix, seed: "rollout", arrivalsASecond: ARRIVALS_A_SECOND };
  const fleet = new SimulatedFleet({ ...common, endpoint: endpointOf(sandbox), identities });
  const operator = fleetOperator(sandbox);
  const watch = new Watch(fleet, operator);
  try {
    for (const version of [1, 2, 3]) await operator.addVersion(version, PACKET_BYTES);
    fleet.start();
    const reached = devices * (1 - ASLEEP - BAD) * 0.98;
    fleet.wanted = await operator.want(1);
    await watch.until("the first version is there", () => fleet.sample().inSync > reached);
    const good = await watch.spread(2, "finished");
    await watch.until("the second as well", () => fleet.sample().inSync > reached);
    fleet.break(BROKEN);
    const broken = await watch.spread(3, "paused");
    writeFileSync(PLOT, plotSvg(watch.samples, watch.marks, titleOf(devices)));
    return [lineOf(good, devices), lineOf(broken, devices), `how it went: [rollout.svg](rollout.svg)`];
  } finally {
    watch.stop();
    operator.close();
    await fleet.stop();
  }
}

function titleOf(devices: number): string {
  return `${devices} devices, ${BAD * 100} % always fail, ${ASLEEP * 100} % are away; version 3 fails on ${BROKEN * 100} %`;
}

/** How a rollout went. */
interface Spread {
  readonly what: string;
  readonly status: string;
  readonly seconds: number;
  /** Of its first wave. */
  readonly canaries: number;
  /** Devices that tried it. */
  readonly tried: number;
}

function lineOf({ what, status, seconds, canaries, tried }: Spread, devices: number): string {
  const ratio = (tried / canaries).toFixed(2);
  return `${what}: ${status} after ${seconds.toFixed(1)} s; ${tried} of ${devices} devices tried it, ${ratio} times the first wave of ${canaries}`;
}

/** Looks at a fleet again and again. */
class Watch {
  readonly samples: Sample[] = [];
  readonly marks: Mark[] = [];
  readonly #fleet: SimulatedFleet;
  readonly #operator: Operator;
  readonly #timer: NodeJS.Timeout;

  constructor(fleet: SimulatedFleet, operator: Operator) {
    this.#fleet = fleet;
    this.#operator = operator;
    this.#timer = setInterval(() => this.samples.push(fleet.sample()), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
    for (const started = performance.now(); !(await is()); await sleep(LOOK_MS))
      if (performance.now() - started > HUNG_MS) throw new Error(`${what}: it did not come to that`);
  }

  /** Has a version spread until the rollout is so. */
  async spread(version: number, status: string): Promise<Spread> {
    const [fleet, operator, started] = [this.#fleet, this.#operator, performance.now()];
    const revision = await operator.spread(version, PLAN);
    fleet.wanted = revision;
    this.marks.push({ atMs: fleet.sample().atMs, what: `version ${version}` });
    let wave = 1;
    await this.until(`version ${version} is ${status}`, async () => {
      const rollout = await operator.rollout(revision);
      if (rollout.wave > wave) this.marks.push({ atMs: fleet.sample().atMs, what: `wave ${rollout.wave}` });
      wave = rollout.wave;
      return rollout.status === status;
    });
    const seconds = (performance.now() - started) / 1000;
    this.marks.push({ atMs: fleet.sample().atMs, what: status });
    const { perWave } = await operator.rollout(revision);
    const tried = new Set(
      fleet.tally.done.flatMap((done) => (done.revision === revision ? [done.device] : [])),
    );
    const canaries = perWave[0]?.devices ?? 0;
    return { what: `version ${version}`, status, seconds, canaries, tried: tried.size };
  }
}
