import { type DocumentChange, type GivenRollout, JamesError, sameRollout, sameWishes } from "@jamesd/model";
import type { Current } from "../fleet/current.ts";
import type { RolloutChoice } from "./rollout-choice.ts";

/**
 * How changes are to spread: as who makes them says, and else as the specs say that change, or that are removed. Undefined:
 * not in waves, which need not be where nothing is wanted that was not before. @throws JamesError ROLLOUT_INVALID
 */
export function planOf(
  changes: readonly DocumentChange[],
  before: Current,
  { plan, now = false, supersede = false }: RolloutChoice,
): GivenRollout | undefined {
  if (now && (plan || supersede)) throw contradiction();
  const isOther = changes.some((change) => !sameWishes(change.content, before(change)?.content ?? null));
  if (now || !isOther) return undefined;
  const said = changes.flatMap((change) => {
    const { rollout } = change.content ?? before(change)?.content ?? {};
    return rollout ? [{ id: change.id, rollout }] : [];
  });
  const [first] = said;
  const other = said.find(({ rollout }) => !sameRollout(rollout, first?.rollout));
  if (first && other && !plan) throw different(first.id, other.id);
  return plan && first && !other ? { ...first.rollout, ...plan } : (plan ?? first?.rollout);
}

function contradiction(): JamesError {
  return new JamesError("ROLLOUT_INVALID", "a change is to spread in waves, and to go to everybody now", {
    hint: "Leave out --now, or what is said of waves.",
  });
}

function different(one: string, other: string): JamesError {
  return new JamesError(
    "ROLLOUT_INVALID",
    `the specs ${one} and ${other} say how to spread, each in another way`,
    {
      hint: "Let them agree, apply one after the other, or say it with --waves.",
    },
  );
}
