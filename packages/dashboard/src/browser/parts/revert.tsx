import type { DocumentKey } from "@jamesd/model";
import type { Applied } from "@jamesd/protocol";
import { useEffect, useState } from "preact/hooks";
import { documentFlags } from "../../logic/history.ts";
import { changeText, groupText, wavesText } from "../../logic/impact.ts";
import { WAYS } from "../../logic/revert-ways.ts";
import { tell } from "../api.ts";
import { wordsOf } from "../asked.ts";
import { Same } from "./asked.tsx";
import { Choice } from "./section.tsx";
import { Sure } from "./sure.tsx";

/** Says what making everything, or one document, as it was would mean; then does it, when somebody is sure. */
export function Revert({
  to,
  document,
  onLeft,
}: {
  readonly to: number;
  readonly document: DocumentKey | undefined;
  readonly onLeft: () => void;
}) {
  const [index, setIndex] = useState(0);
  const [meant, setMeant] = useState<Applied>();
  const [refused, setRefused] = useState<string>();
  const [done, setDone] = useState<Applied>();
  const { kind, id } = document ?? {};
  const { flag = "", rollout } = WAYS[index] ?? {};
  const asked = { to, ...(kind && { document: { kind, id } }), ...(rollout && { rollout }) };
  useEffect(() => {
    let isGone = false;
    setMeant(undefined);
    setRefused(undefined);
    tell<Applied>("POST", "/v1/revisions/revert", { ...asked, dryRun: true })
      .then((applied) => isGone || setMeant(applied))
      .catch((thrown: unknown) => isGone || setRefused(wordsOf(thrown)));
    return () => {
      isGone = true;
    };
  }, [to, kind, id, index]);
  const what = document ? `${document.kind} ${document.id}` : "everything";
  if (done)
    return (
      <p role="status">
        {what} is as it was at revision {to}: that is revision {done.revision}
        {done.waves && ", which spreads in waves"}.
      </p>
    );
  const revert = async (message: string): Promise<void> =>
    setDone(await tell<Applied>("POST", "/v1/revisions/revert", { ...asked, ...(message && { message }) }));
  return (
    <>
      <p class="choices">
        <Choice
          name={`revert to ${to}`}
          value={String(index)}
          words={WAYS.map(({ name }, way) => [String(way), name])}
          onChosen={(chosen) => setIndex(Number(chosen))}
        />
      </p>
      {refused !== undefined && <p class="bad">{refused}</p>}
      {refused === undefined && !meant && <p class="faint">What it would mean is found out…</p>}
      {meant && (
        <Sure
          title={`Make ${what} as it was at revision ${to}?`}
          verb={`Revert to ${to}`}
          onSure={revert}
          onLeft={onLeft}
        >
          <p>{changeText(meant)}</p>
          <ul>
            {meant.impact.groups.slice(0, 5).map((group) => (
              <li key={group.ids.join()}>{groupText(group, meant.packets)}</li>
            ))}
          </ul>
          {meant.impact.warnings.map((warning) => (
            <p key={warning} class="odd">
              {warning}
            </p>
          ))}
          {meant.waves && <p>{wavesText(meant.waves)}</p>}
          <Same command={`revert --to ${to}${documentFlags(document)}${flag} --dry-run`} />
        </Sure>
      )}
    </>
  );
}
