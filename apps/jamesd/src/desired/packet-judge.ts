import { type Digest, type GivenRollout, isLive, scriptNames, told } from "@jamesd/model";
import { population } from "../fleet/population.ts";
import { newLayer } from "../fleet/read-layers.ts";
import type { PacketChoice, PacketRules, SpreadPacket } from "../packets/packet-rules.ts";
import type { Origin } from "../repository/origin.ts";
import type { PackedPacket } from "../repository/packed-packet.ts";
import type { PacketEnding } from "../repository/packet-store.ts";
import type { Changes } from "./changes.ts";
import { checkLimit } from "./live-rollouts.ts";
import type { LookAhead } from "./look-ahead.ts";
import { revertedOf, rolloutReverted } from "./reverted.ts";
import { settingsOf, spreadTo } from "./spread.ts";

type NewPacket = Pick<PackedPacket, "digest" | "name" | "tags" | "scripts" | "features">;

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

  async addition({ name, tags }: Pick<NewPacket, "name" | "tags">, choice: PacketChoice): Promise<void> {
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

  async spread(packet: NewPacket, plan: GivenRollout, origin: Origin): Promise<SpreadPacket> {
    const { fleet, repository } = this.#changes;
    const { current, rollouts } = fleet.targets;
    checkLimit(rollouts, [], origin);
    const revision = await repository.revisions.next();
    const rollout = { revision, supersedes: [], packet: packet.digest };
    const layer = await newLayer(rollout, [], repository.documents);
    const summary = { ...packet, scripts: scriptNames(packet.scripts), sequence: Number.MAX_SAFE_INTEGER };
    const views = current
      .supposing(packet.name, (packets) => [...packets, summary])
      .under([...current.layers, layer]);
    const devices = await population(fleet, revision, origin.time, { views, own: ({ own }) => own });
    return {
      revision,
      ...spreadTo(devices, { settings: settingsOf(plan, []), seed: revision, supersedes: [] }),
    };
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
