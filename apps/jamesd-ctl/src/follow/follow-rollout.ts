import { JamesError } from "@jamesd/model";
import type { Applied, Client } from "@jamesd/protocol";
import type { Context, Result } from "../cli/command.ts";
import { progressText } from "../views/rollout-text.ts";
import { rolloutGoesOn } from "./interrupted.ts";
import { endOf, isUnderWay, watchRollout } from "./watch-rollout.ts";

/** For how long a rollout is followed, and what was printed without that. */
export interface FollowedRollout {
  readonly timeoutMs: number;
  readonly data: object;
}

/** Follows what a change spreads in waves until it is finished, paused or over. The change is made, whatever becomes of it. */
export async function followRollout(
  client: Client,
  { revision, waves }: Pick<Applied, "revision" | "waves">,
  { timeoutMs, data }: FollowedRollout,
  { note, signal }: Context,
): Promise<Result> {
  if (!waves) {
    note("nothing spreads in waves, so there is nothing to wait for: everybody gets it at once");
    return { data };
  }
  try {
    let said = "";
    for await (const rollout of watchRollout(client, { revision, timeoutMs, signal })) {
      const progress = progressText(rollout);
      if (progress !== said) note(progress);
      said = progress;
      if (!isUnderWay(rollout))
        return { data: { ...data, rollout: rollout.status }, failure: endOf(rollout) };
    }
    return { data };
  } catch (thrown) {
    if (signal.aborted) {
      for (const line of rolloutGoesOn(revision)) note(line);
      return { data };
    }
    if (thrown instanceof JamesError) return { data, failure: thrown };
    throw thrown;
  }
}
