import { JamesError } from "@jamesd/model";
import type { Rollout } from "@jamesd/protocol";

/** Why nothing is told of what a rollout brings and to whom; undefined: nobody is meant. @throws JamesError ROLLOUT_INVALID when it has no such wave */
export function whyNone(rollout: Rollout, wave?: number): string | undefined {
  const { revision, waves, perWave, next } = rollout;
  if (wave !== undefined && wave > waves)
    throw new JamesError("ROLLOUT_INVALID", `rollout ${revision} has no wave ${wave}: its last is ${waves}`, {
      hint: `See get-rollout --revision ${revision}.`,
    });
  if (next === null)
    return `rollout ${revision} is over, and this is told of live ones only; --over-time has how many devices were where`;
  if (wave !== undefined && perWave[wave - 1]?.opened === null)
    return `wave ${wave} of rollout ${revision} is not open yet; its devices are told when it is`;
  return undefined;
}
