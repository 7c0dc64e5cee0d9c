import type { Rollout } from "@jamesd/protocol";
import { useState } from "preact/hooks";
import { bodyOf, meaningOf, type Verb, verbsFor } from "../../logic/rollout-verbs.ts";
import { tell } from "../api.ts";
import { mayWrite } from "../asker.ts";
import { Same } from "./asked.tsx";
import { Sure } from "./sure.tsx";

/** What may be said to a rollout, where something may be changed: a button each, and what it means before it is said. */
export function RolloutVerbs({
  rollout,
  onTold,
}: {
  readonly rollout: Rollout;
  readonly onTold: () => void;
}) {
  const [asked, setAsked] = useState<Verb>();
  const verbs = verbsFor(rollout);
  if (!mayWrite.value || verbs.length === 0) return undefined;
  const { revision } = rollout;
  const say = async (verb: Verb, message: string): Promise<void> => {
    await tell("POST", `/v1/rollouts/${revision}/${verb}`, bodyOf(verb, rollout, message));
    setAsked(undefined);
    onTold();
  };
  return (
    <>
      <p class="verbs">
        {verbs.map((verb) => (
          <button key={verb} type="button" aria-expanded={asked === verb} onClick={() => setAsked(verb)}>
            {verb}
          </button>
        ))}
      </p>
      {asked && (
        <Sure
          key={asked}
          title={`${asked} rollout ${revision}?`}
          verb={asked}
          onSure={(message) => say(asked, message)}
          onLeft={() => setAsked(undefined)}
        >
          <p>{meaningOf(asked, rollout)}</p>
          <Same
            command={`${asked === "retry" ? "retry --rollout" : `${asked}-rollout --revision`} ${revision}`}
          />
        </Sure>
      )}
    </>
  );
}
