import type { OpenedWave } from "@jamesd/model";
import { type Brought, canHave } from "../fleet/population.ts";
import type { RolloutProgress } from "./rollout-progress.ts";
import type { Steps } from "./steps.ts";

/** What the devices of a wave are found by. */
export interface EmptyWaveParts {
  readonly steps: Pick<Steps, "opening">;
  /** The devices to which a rollout brings something, some at a time, also those that cannot have it. */
  readonly brought: (revision: number) => AsyncIterable<readonly Brought[]>;
}

/**
 * The next wave of a rollout, where it has no devices; undefined: it has some, or would have some but for what keeps them for now
 * from having what it brings: these would get it without an approval as soon as they can.
 */
export async function emptyWave(
  one: Pick<RolloutProgress, "rollout" | "has">,
  { steps, brought }: EmptyWaveParts,
): Promise<readonly OpenedWave[] | undefined> {
  const { revision, settings, state } = one.rollout;
  const opening = await steps.opening(one.rollout, state.wave + 1);
  if (opening.some(({ ids }) => ids.length > 0)) return undefined;
  const wave = settings.waves[state.wave];
  const isUnable = (found: Brought): boolean =>
    !canHave(found) &&
    !one.has(found.device.id) &&
    (wave === undefined || !("tag" in wave) || found.device.tagSet.set.has(wave.tag));
  for await (const some of brought(revision)) if (some.some(isUnable)) return undefined;
  return opening;
}
