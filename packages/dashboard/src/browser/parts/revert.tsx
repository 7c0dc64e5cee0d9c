import type { DocumentKey } from "@jamesd/model";
import type { Applied } from "@jamesd/protocol";
import { useEffect, useState } from "preact/hooks";
import { documentFlags } from "../../logic/history.ts";
import { changeText, groupText } from "../../logic/impact.ts";
import { tell } from "../api.ts";
import { wordsOf } from "../asked.ts";
import { Same } from "./asked.tsx";
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
  const [meant, setMeant] = useState<Applied>();
  const [refused, setRefused] = useState<string>();
  const [done, setDone] = useState<Applied>();
  const { kind, id } = document ?? {};
  useEffect(() => {
    tell<Applied>("POST", "/v1/revisions/revert", {
      to,
      dryRun: true,
      ...(kind && { document: { kind, id } }),
    })
      .then(setMeant)
      .catch((thrown: unknown) => setRefused(wordsOf(thrown)));
  }, [to, kind, id]);
  const what = document ? `${document.kind} ${document.id}` : "everything";
  if (refused !== undefined) return <p class="bad">{refused}</p>;
  if (done)
    return (
      <p role="status">
        {what} is as it was at revision {to}: that is revision {done.revision}.
      </p>
    );
  if (!meant) return <p class="faint">What it would mean is found out…</p>;
  const revert = async (message: string): Promise<void> => {
    const body = { to, ...(document && { document }), ...(message !== "" && { message }) };
    setDone(await tell<Applied>("POST", "/v1/revisions/revert", body));
  };
  return (
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
      <Same command={`revert --to ${to}${documentFlags(document)} --dry-run`} />
    </Sure>
  );
}
