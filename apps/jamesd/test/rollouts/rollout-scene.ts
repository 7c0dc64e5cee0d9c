import {
  type App,
  type GivenRollout,
  type InstalledApp,
  makePacket,
  openWave,
  parseContent,
  parseRollout,
  type RolloutDevice,
  type WaveCounts,
} from "@jamesd/model";
import { Changes } from "../../src/desired/changes.ts";
import { FourEyes } from "../../src/desired/four-eyes.ts";
import type { PlanOrder } from "../../src/device/order.ts";
import { resolvable } from "../../src/fleet/device.ts";
import { population } from "../../src/fleet/population.ts";
import type { Resolvable } from "../../src/fleet/resolver.ts";
import { sameForDevice } from "../../src/fleet/target.ts";
import type { NewRollout } from "../../src/repository/rollout-store.ts";
import type { RolloutCommand } from "../../src/rollouts/commands.ts";
import { type OpenedRollouts, openRollouts } from "../../src/rollouts/open-rollouts.ts";
import { Turns } from "../../src/running/turns.ts";
import { ORIGIN, rolledBack, Scene, settled } from "../scene.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

const NEVER = new Promise(() => undefined);

/** A device that does what it is told, or fails at it. */
interface Simulated {
  apps: readonly InstalledApp[];
  plan: PlanOrder | undefined;
  attempts: number;
  /** Ends the check-in that it holds. */
  leave: (() => Promise<unknown>) | undefined;
}

/** A fleet with its rollouts, on a clock that stands until it is moved. */
export class RolloutScene implements AsyncDisposable {
  readonly scene: Scene;
  rolling: OpenedRollouts;
  changes: Changes;
  isFourEyes = false;
  /** What the log said of what went wrong. */
  readonly said: string[] = [];
  /** Asked before the devices of a rollout are counted. */
  beforePopulation: (revision: number) => void = () => undefined;
  readonly devices = new Map<string, Simulated>();

  /** By how much the clock was set since the start of the test. */
  #setBy = 0;

  private constructor(scene: Scene, changes: Changes, rolling: OpenedRollouts) {
    this.scene = scene;
    this.changes = changes;
    this.rolling = rolling;
  }

  static async open(ids: readonly string[] = []): Promise<RolloutScene> {
    const scene = await Scene.open();
    const changes = new Changes(scene.fleet, scene.repository, new Turns());
    const rolling = await openRollouts({
      ...{ fleet: scene.fleet, changes, now: () => scene.now, monotonic: () => scene.now },
      ...{
        population: async () => [],
        log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      },
    });
    const opened = new RolloutScene(scene, changes, rolling);
    await opened.restart();
    for (const tag of ["v1", "v2", "v3"]) await scene.upload("vpn", [tag]);
    await opened.apply([vpn("v1")]);
    for (const id of ids) await opened.carryOut(id);
    return opened;
  }

  /** Starts the server anew. @param awayMs for so long it did not run @param isKilled it could not write down when it ended */
  async restart(awayMs = 0, isKilled = false): Promise<void> {
    const { scene } = this;
    if (isKilled) await scene.repository.close();
    await this.rolling.close();
    for (const device of this.devices.values()) device.leave = undefined;
    await scene.restart(isKilled);
    scene.now += awayMs;
    const { fleet, repository } = scene;
    const fourEyes = new FourEyes(this.isFourEyes);
    this.changes = new Changes(fleet, repository, new Turns(), { fourEyes });
    const say = (_: unknown, text?: string): void => void this.said.push(text ?? "");
    this.rolling = await openRollouts({
      ...{ fleet, changes: this.changes, now: () => scene.now, monotonic: () => scene.now - this.#setBy },
      population: async (revision) => {
        this.beforePopulation(revision);
        return population(fleet, revision, scene.now);
      },
      log: { info: () => undefined, warn: say, error: say },
    });
  }

  /** Somebody sets the clock. */
  setClock(byMs: number): void {
    this.scene.now += byMs;
    this.#setBy += byMs;
  }

  get origin() {
    return { ...ORIGIN, time: this.scene.now, message: "because" };
  }

  /** A spec for every device says this from now on, everybody at once. */
  async apply(apps: readonly App[], id = "s"): Promise<void> {
    await this.changes.take(async (judgedAt) => {
      const content = parseContent({ selector: [], apps, policy: {} });
      const proposal = await this.changes.propose([{ kind: "spec", id, content }]);
      await this.changes.commit(proposal, this.origin, judgedAt);
    });
  }

  /** A spec for every device says this in waves. @returns the number of the rollout */
  async begin(
    apps: readonly App[],
    given: GivenRollout,
    id = "s",
    supersedes: readonly number[] = [],
    kind: "spec" | "device" = "spec",
  ): Promise<number> {
    return this.changes.take(async (judgedAt) => {
      const content = apps.length === 0 ? null : parseContent({ selector: [], apps, policy: {} });
      const proposal = await this.changes.propose([{ kind, id, content }]);
      const { current } = this.scene.fleet.targets;
      const rollout = await this.#newRollout(given, proposal.revision, supersedes, (device) =>
        sameForDevice(
          current.target(device),
          proposal.views.target({ ...device, own: proposal.own(device) }),
        ),
      );
      return (await this.changes.commit(proposal, this.origin, judgedAt, { rollout })).revision;
    });
  }

  /** A packet is there in waves, for all devices. @returns the number of the rollout */
  async beginPacket(name: string, tags: readonly string[], given: GivenRollout): Promise<number> {
    const { repository, fleet } = this.scene;
    const revision = await repository.revisions.next();
    const rollout = await this.#newRollout(given, revision, [], () => false);
    const packet = makePacket({ name, tags, scripts: {}, manifest: [] });
    await repository.packets.add(packet, this.origin, undefined, { ...rollout, message: "because" });
    await fleet.follower.follow();
    return revision;
  }

  /** A rollout for all devices but those for which nothing differs. */
  async #newRollout(
    given: GivenRollout,
    seed: number,
    supersedes: readonly number[],
    isSame: (device: Resolvable) => boolean,
  ): Promise<NewRollout> {
    const population: RolloutDevice[] = [];
    for await (const batch of this.scene.fleet.devices.sketches())
      for (const device of batch)
        if (!isSame(resolvable(device)))
          population.push({ id: device.id, tags: device.tagSet.set, isAsleep: false });
    const settings = parseRollout(given);
    const [first = { percent: 100 }] = settings.waves;
    return { settings, seed, wave: openWave(first, { population, opened: [], seed }), supersedes };
  }

  /** A device asks, and carries out what it is told. @returns whether it was told something */
  async carryOut(id: string, outcome: "committed" | "rolled-back" | "stuck" = "committed"): Promise<boolean> {
    const device = await this.ask(id);
    const { plan } = device;
    if (!plan) return false;
    device.plan = undefined;
    device.attempts = outcome === "committed" ? 0 : device.attempts + 1;
    if (outcome === "committed") device.apps = plan.apps;
    const { target, revision } = plan;
    const transaction = {
      ...rolledBack(target),
      ...{
        id: `${id} ${this.scene.now} ${revision} ${Math.random()}`,
        revision,
        outcome,
        attempt: Math.max(1, device.attempts),
      },
      ...(outcome === "committed" && { error: undefined }),
    };
    const order = await this.scene.report(id, device.apps, transaction);
    device.plan = order && "plan" in order ? order.plan : undefined;
    return true;
  }

  /** A device checks in. */
  async ask(id: string): Promise<Simulated> {
    const device = this.devices.get(id) ?? { apps: [], plan: undefined, attempts: 0, leave: undefined };
    this.devices.set(id, device);
    await this.leave(id);
    const order = await this.scene.report(id, device.apps);
    device.plan = order && "plan" in order ? order.plan : undefined;
    return device;
  }

  /** A device checks in, and holds that when there is nothing to do. */
  async hold(id: string): Promise<void> {
    const device = await this.ask(id);
    if (device.plan) return;
    const { reply, gone } = this.scene.hold(id, device.apps);
    const ended = reply.catch(() => undefined);
    device.leave = () => {
      gone.abort();
      return ended;
    };
    await settled(reply);
  }

  /** A device is gone; until then it was heard of. */
  async leave(id: string): Promise<void> {
    const device = this.devices.get(id);
    const leave = device?.leave;
    if (device) device.leave = undefined;
    await leave?.();
  }

  /** All do what they do by themselves, until there is nothing more to do now; who is woken by that has looked. */
  async rounds(): Promise<void> {
    for (let i = 0; i < 50; i += 1) {
      const isMore = await this.rolling.round();
      await settled(NEVER);
      if (!isMore) return;
    }
    throw new Error("there is always more to do");
  }

  /** Time passes while the server runs. */
  async pass(ms: number, stepMs = 30_000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.scene.now += Math.min(left, stepMs);
      await this.rounds();
    }
    // As it does every ten seconds.
    await this.rolling.running.note();
  }

  async rollout(revision: number) {
    const rollout = await this.scene.repository.rollouts.get(revision);
    if (!rollout) throw new Error(`there is no rollout ${revision}`);
    return rollout;
  }

  /** What it does, in words such as "running 2" or "paused 1 breach". */
  async status(revision: number): Promise<string> {
    const { state } = await this.rollout(revision);
    return [state.status, state.wave, state.trouble].filter(Boolean).join(" ");
  }

  tell(revision: number, command: RolloutCommand, more: object = {}) {
    return this.rolling.rollouts.tell(revision, command, { ...this.origin, ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.devices.keys()) await this.leave(id);
    await this.rolling.close();
    await this.scene[Symbol.asyncDispose]();
  }
}

/** An app of one version. */
export function vpn(tag: string): App {
  return { name: "vpn", tags: [tag] };
}

/** The devices of most scenes. */
export const IDS = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/** The counts of each wave, those that are not 0. */
export async function counts(
  rollouts: RolloutScene,
  revision: number,
): Promise<readonly Partial<WaveCounts>[]> {
  const { waves } = await rollouts.rolling.rollouts.get(revision);
  return waves.flatMap(({ counts }) => (counts ? [some(counts)] : []));
}

/** The counts that are not 0. */
export function some(counts: WaveCounts): Partial<WaveCounts> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** All of a fleet do what they are told. */
export async function all(rollouts: RolloutScene, ids: readonly string[] = IDS): Promise<readonly string[]> {
  const told: string[] = [];
  for (const id of ids) if (await rollouts.carryOut(id)) told.push(id);
  return told;
}
