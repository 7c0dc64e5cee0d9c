import "./rollouts.css";
import { numberText } from "@jamesd/model";
import type { Rollout, RolloutInfo } from "@jamesd/protocol";
import { pathOf } from "../../logic/places.ts";
import { nextText, segmentsOf, waveText } from "../../logic/rollout.ts";
import { lookOf } from "../../logic/status.ts";
import { useLive } from "../asked.ts";
import { Same, Shown } from "./asked.tsx";
import { RolloutVerbs } from "./rollout-verbs.tsx";
import { Section } from "./section.tsx";
import { Status } from "./status.tsx";

const WIDTH = 600;
/** How often what is live is asked for anew. */
const LIVE_MS = 5000;
/** And which are. */
const LIST_MS = 15_000;

/** The rollouts that are live. */
export function Rollouts({ name = "Rollouts" }: { readonly name?: string }) {
  const live = useLive<readonly RolloutInfo[]>("/v1/rollouts", LIST_MS);
  return (
    <Section id="rollouts" name={name}>
      <Shown of={live}>
        {(rollouts) =>
          rollouts.length === 0 ? (
            <p>
              None is live. <code>jamesd-ctl apply --waves 1,10%</code> spreads a change in waves.
            </p>
          ) : (
            rollouts.map(({ revision }) => <Live key={revision} revision={revision} />)
          )
        }
      </Shown>
      <Same command="list-rollouts" />
    </Section>
  );
}

function Live({ revision }: { readonly revision: number }) {
  const rollout = useLive<Rollout>(`/v1/rollouts/${revision}`, LIVE_MS);
  return (
    <Shown of={rollout}>
      {(one) => (
        <article class="rollout" aria-label={`rollout ${revision}`}>
          <RolloutHead rollout={one} />
          <Waves rollout={one} />
          <RolloutVerbs rollout={one} onTold={rollout.again} />
        </article>
      )}
    </Shown>
  );
}

/** What a rollout is, how it stands and what has to be before it goes on. */
export function RolloutHead({ rollout }: { readonly rollout: Rollout }) {
  const { revision, status, author, message } = rollout;
  return (
    <>
      <p>
        <a href={pathOf("rollouts", String(revision))}>rollout {revision}</a>{" "}
        <Status of="rollout" word={status} /> <Spread rollout={rollout} /> by {author}
        {message && `: ${message}`}
      </p>
      <p>{nextText(rollout)}</p>
    </>
  );
}

/** What a rollout spreads. */
export function Spread({ rollout: { documents, changed, packet } }: { readonly rollout: RolloutInfo }) {
  if (packet !== null) return <a href={pathOf("packets", packet)}>a packet</a>;
  const names = documents.slice(0, 3).map(({ kind, id }) => `${kind} ${id}`);
  const more = changed > names.length ? ` and ${changed - names.length} more` : "";
  return <>{names.join(", ") + more}</>;
}

/** Where devices of waves are: how many, in words with a shape and a colour each. */
export function Progress({ of: counts }: { readonly of: RolloutInfo["counts"] }) {
  return (
    <>
      {segmentsOf({ counts }, WIDTH).map(({ word, devices }) => (
        <Status key={word} of="progress" word={word} text={`${numberText(devices)} ${word}`} />
      ))}
    </>
  );
}

/** The waves of a rollout: a bar each, and the same in words. */
export function Waves({ rollout: { perWave } }: { readonly rollout: Rollout }) {
  return (
    <ol class="waves">
      {perWave.map((wave, index) => (
        <li key={index}>
          <span>
            wave {index + 1}: {wave.wave}
          </span>
          {wave.counts || wave.opened === null ? <Bar wave={wave} /> : <span />}
          <span class="wave-text">
            {waveText(wave)}
            <Progress of={wave.counts} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function Bar({ wave }: { readonly wave: Rollout["perWave"][number] }) {
  return (
    <svg class="bar" viewBox={`0 0 ${WIDTH} 12`} preserveAspectRatio="none" aria-hidden="true">
      <rect class="whole" width={WIDTH} height="12" />
      {segmentsOf(wave, WIDTH).map(({ word, start, length }) => (
        <rect
          key={word}
          class={`part ${lookOf("progress", word).tone} ${word}`}
          x={start}
          width={length}
          height="12"
        />
      ))}
    </svg>
  );
}
