import { parseGivenTags, sameTags, type Tag } from "@jamesd/model";
import { resolvable } from "../fleet/device.ts";
import type { Origin } from "../repository/origin.ts";
import { affectedOne, changing } from "./affected.ts";
import type { AtOnceChoice } from "./at-once.ts";
import type { Changes } from "./changes.ts";
import { type Impact, impactOf } from "./impact.ts";
import { refuseImpossible } from "./refuse.ts";

/** Which tags a device is to have from the server, and which no longer. */
export interface TagRequest extends AtOnceChoice {
  readonly id: string;
  readonly add: readonly Tag[];
  readonly remove: readonly Tag[];
  /** Only say what would happen. */
  readonly dryRun: boolean;
}

/** What became of them. */
export interface Tagged {
  /** All that the device has from the server. */
  readonly tags: readonly Tag[];
  /** False when it was so already. */
  readonly changed: boolean;
  readonly impact: Impact;
}

/** Gives devices tags: by these, as by those that they report, specs choose them and packets fit them. */
export class Tagging {
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** @throws JamesError DEVICE_UNKNOWN, TAG_INVALID, SCOPE_EXCEEDED, SPEC_CONFLICT, STATE_TOO_LARGE, PATH_CONFLICT, TOO_MANY_AT_ONCE; then nothing has changed */
  async tag({ id, add, remove, dryRun, now }: TagRequest, origin: Origin): Promise<Tagged> {
    const { fleet } = this.#changes;
    return this.#changes.take(async (judgedAt) => {
      const device = await fleet.devices.known(id);
      const { given, state } = device.record;
      const tags = parseGivenTags([...given.filter((tag) => !remove.includes(tag)), ...add]);
      fleet.scopes.tags(origin, device, tags);
      const tagSet = fleet.devices.tagSet(state.systemtags, tags);
      const { current } = fleet.targets;
      const asked = { ...resolvable(device), tagSet };
      const mixtures = { before: current.mixtures(resolvable(device)), after: current.mixtures(asked) };
      const affected = [affectedOne(device, device.target, current.target(asked), mixtures, fleet)];
      await refuseImpossible(affected, [], fleet.targets.paths);
      const impact = await impactOf(affected, [], fleet);
      const changed = !sameTags(given, tags);
      if (!dryRun) this.#changes.atOnce.check(changing(affected), { now });
      if (changed && !dryRun) await fleet.commands.giveTags(id, tags, origin, judgedAt);
      return { tags, changed, impact };
    });
  }
}
