import { type Digest, type GivenRollout, isLive, type RolloutDevice, scriptNames, told } from "@jamesd/model";
import type { Device } from "../fleet/device.ts";
import { broughtBy, canHave, rolloutDevice } from "../fleet/population.ts";
import { newLayer } from "../fleet/read-layers.ts";
import type { Views } from "../fleet/views.ts";
import type { PacketChoice, PacketRules, SpreadPacket } from "../packets/packet-rules.ts";
import type { Origin } from "../repository/origin.ts";
import { type PackedPacket, unpackPacket } from "../repository/packed-packet.ts";
import type { PacketEnding } from "../repository/packet-store.ts";
import { type Changes, mixturesOf } from "./changes.ts";
import { checkLimit } from "./live-rollouts.ts";
import type { LookAhead } from "./look-ahead.ts";
import { type Judged, refusePaths } from "./refuse.ts";
import { revertedOf, rolloutReverted } from "./reverted.ts";
import { settingsOf, spreadTo } from "./spread.ts";

/** How one packet more or less gets to devices: those that fit best change without a revision of what is wanted, too. */
export class PacketJudge implements PacketRules {
  readonly #changes: Changes;
  readonly #lookAhead: LookAhead;

  constructor(changes: Changes, lookAhead: LookAhead) {
    this.#changes = changes;
    this.#lookAhead = lookAhead;
  }

  get areBounded(): boolean {
    return this.#changes.atOnce.isBounded;
  }

  async addition({ name, tags }: Pick<PackedPacket, "name" | "tags">, choice: PacketChoice): Promise<void> {
    if (!this.areBounded || choice.now || choice.plan) return;
    const { devices } = await this.#lookAhead.addition(name, tags);
    this.#changes.atOnce.check(devices, choice);
  }

  async removal(digest: Digest, choice: PacketChoice): Promise<void> {
    if (!this.areBounded || choice.now) return;
    const { devices } = await this.#lookAhead.removal(digest);
    this.#changes.atOnce.check(devices, choice);
  }

  async requireOther(digest: Digest, { again = false }: PacketChoice): Promise<void> {
    if (again) return;
    const last = await revertedOf(digest, this.#changes.repository);
    if (last) throw rolloutReverted(last, "this is the packet that it brought");
  }

  async spread(packet: PackedPacket, plan: GivenRollout, origin: Origin): Promise<SpreadPacket> {
    const { fleet, repository } = this.#changes;
    const { current, rollouts } = fleet.targets;
    checkLimit(rollouts, [], origin);
    const revision = await repository.revisions.next();
    const rollout = { revision, supersedes: [], packet: packet.digest };
    const layer = await newLayer(rollout, [], repository.documents);
    const { digest, name, tags, features } = packet;
    const scripts = scriptNames(packet.scripts);
    const summary = { digest, name, tags, features, scripts, sequence: Number.MAX_SAFE_INTEGER };
    const views = current
      .supposing(packet.name, (packets) => [...packets, summary])
      .under([...current.layers, layer]);
    const { devices, judged } = await this.#populationOf(views, revision, origin.time);
    await refusePaths(judged, fleet.targets.paths.with(await unpackPacket(packet)));
    return {
      revision,
      ...spreadTo(devices, { settings: settingsOf(plan, []), seed: revision, supersedes: [] }),
    };
  }

  /** The devices that a packet is for; and what it means for who gets something else, of those alike for the first. */
  async #populationOf(views: Views, revision: number, now: number) {
    const { fleet } = this.#changes;
    const supposed = { views, own: ({ own }: Pick<Device, "own">) => own };
    const devices: RolloutDevice[] = [];
    const judged = new Map<string, Judged>();
    for await (const some of broughtBy(fleet, revision, supposed))
      for (const brought of some) {
        const { device, without: before, next: after } = brought;
        if (canHave(brought)) devices.push(rolloutDevice(device, fleet, now));
        const mixtures = mixturesOf(device, { ...supposed, spreads: true }, fleet.targets);
        const all = [before, after, undefined, ...mixtures.before, undefined, ...mixtures.after];
        const key = all.map((target) => target?.digest).join();
        if (!judged.has(key)) judged.set(key, { device, before, after, mixtures });
      }
    return { devices, judged: [...judged.values()] };
  }

  endingOf(digest: Digest): PacketEnding | undefined {
    const { rollouts } = this.#changes.fleet.targets;
    const rollout = rollouts.find(({ packet, state }) => packet === digest && isLive(state));
    if (!rollout) return undefined;
    const { revision, step, state, settings } = rollout;
    const ended = told(state, { kind: "revert" }, settings.waves.length, 0);
    return { message: `Remove the packet of rollout ${revision}`, ends: [{ revision, step, state: ended }] };
  }
}
