import type { DocumentKey } from "@jamesd/model";
import type { Applied } from "@jamesd/protocol";
import { useState } from "preact/hooks";
import { documentFlags } from "../../logic/history.ts";
import { changeText, groupText, wavesText } from "../../logic/impact.ts";
import { WAYS } from "../../logic/revert-ways.ts";
import { tell } from "../api.ts";
import { useAsked } from "../asked.ts";
import { Same, Shown } from "./asked.tsx";
import { Choice } from "./section.tsx";
import { Sure } from "./sure.tsx";

const PATH = "/v1/revisions/revert";

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
  const [done, setDone] = useState<Applied>();
  const { flag = "", rollout } = WAYS[index] ?? {};
  const asked = { to, ...(document && { document }), ...(rollout && { rollout }) };
  const meant = useAsked<Applied>(JSON.stringify(asked), 0, () =>
    tell("POST", PATH, { ...asked, dryRun: true }),
  );
  const what = document ? `${document.kind} ${document.id}` : "everything";
  if (done)
    return (
      <p role="status">
        {what} is as it was at revision {to}: that is revision {done.revision}
        {done.waves && ", which spreads in waves"}.
      </p>
    );
  const revert = async (message: string): Promise<void> =>
    setDone(await tell<Applied>("POST", PATH, { ...asked, ...(message && { message }) }));
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
      <Sure
        title={`Make ${what} as it was at revision ${to}?`}
        verb={`Revert to ${to}`}
        isReady={meant.said !== undefined}
        onSure={revert}
        onLeft={onLeft}
      >
        <Shown of={meant}>
          {(applied) => (
            <>
              <p>{changeText(applied)}</p>
              <ul>
                {applied.impact.groups.slice(0, 5).map((group) => (
                  <li key={group.ids.join()}>{groupText(group, applied.packets)}</li>
                ))}
              </ul>
              {applied.impact.warnings.map((warning) => (
                <p key={warning} class="odd">
                  {warning}
                </p>
              ))}
              {applied.waves && <p>{wavesText(applied.waves)}</p>}
            </>
          )}
        </Shown>
        <Same command={`revert --to ${to}${documentFlags(document)}${flag} --dry-run`} />
      </Sure>
    </>
  );
}
