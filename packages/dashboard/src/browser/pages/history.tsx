import type { Blame as Blamed, Changes, RevisionMessage } from "@jamesd/protocol";
import { useState } from "preact/hooks";
import { type Compared, comparedOf, documentFlags, documentOf, historyAt } from "../../logic/history.ts";
import { pathOf } from "../../logic/places.ts";
import { query } from "../../logic/query.ts";
import { useAsked } from "../asked.ts";
import { mayWrite } from "../asker.ts";
import { summary } from "../fleet.ts";
import { Same, Shown } from "../parts/asked.tsx";
import { Differences } from "../parts/differences.tsx";
import { Revert } from "../parts/revert.tsx";
import { Section } from "../parts/section.tsx";
import { Page } from "../parts/shell.tsx";
import { Status } from "../parts/status.tsx";
import { Table, Tags } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { go, here } from "../place.ts";

/** So many revisions are a page. */
const PAGE = 50;

/** What was under version control when: revisions, what differs between any two, who brought what, and the way back. */
export function History() {
  const words = here.value.query;
  const compared = comparedOf(words);
  const document = documentOf(words);
  return (
    <Page
      title={document ? `History of ${document.kind} ${document.id}` : "History"}
      command={commandOf(document)}
    >
      {document && (
        <p>
          <a href="/history">The whole history</a>
          {document.kind === "device" && (
            <>
              , <a href={pathOf("devices", document.id)}>the device</a>
            </>
          )}
          {document.kind === "spec" && (
            <>
              , <a href={pathOf("specs", document.id)}>the spec</a>
            </>
          )}
        </p>
      )}
      {compared && <Difference compared={compared} document={document} />}
      {document && <Blame document={document} />}
      <Revisions document={document} before={words.get("before") ?? undefined} />
    </Page>
  );
}

type Document = ReturnType<typeof documentOf>;

function commandOf(document: Document): string {
  return `history${documentFlags(document)}`;
}

function Revisions({
  document,
  before,
}: {
  readonly document: Document;
  readonly before: string | undefined;
}) {
  const path = query("/v1/revisions", { ...document, before, limit: PAGE });
  const revisions = useAsked<readonly RevisionMessage[]>(path, summary.value?.revision);
  const [to, setTo] = useState<number>();
  return (
    <Section id="revisions" name="Revisions">
      {to !== undefined && <Revert key={to} to={to} document={document} onLeft={() => setTo(undefined)} />}
      <Shown of={revisions}>
        {(found) =>
          found.length === 0 ? (
            <p>There is none. jamesd-ctl apply makes one.</p>
          ) : (
            <>
              <Table
                name="Revisions"
                columns={[
                  "revision",
                  "time",
                  "author",
                  "changed",
                  "message",
                  "compare",
                  ...(mayWrite.value ? ["back"] : []),
                ]}
                rows={found.map((one) => rowOf(one, document, setTo))}
              />
              {found.length === PAGE && (
                <p>
                  <a href={historyAt({ document, before: found.at(-1)?.number })}>Older ones</a>
                </p>
              )}
            </>
          )
        }
      </Shown>
    </Section>
  );
}

function rowOf(revision: RevisionMessage, document: Document, onRevert: (to: number) => void) {
  const { number, parent, time, author, documents, changed, message } = revision;
  const shown = documents.slice(0, 3);
  const isNewest = number === summary.value?.revision;
  return [
    <a key="number" data-row href={historyAt({ document, from: parent ?? 0, to: number })}>
      {number}
    </a>,
    <Time key="time" at={time} />,
    author,
    <span key="changed">
      {shown.map((key, index) => (
        <span key={`${key.kind} ${key.id}`}>
          {index > 0 && ", "}
          <a href={historyAt({ document: key })}>
            {key.kind} {key.id}
          </a>
        </span>
      ))}
      {changed > shown.length && ` and ${changed - shown.length} more`}
    </span>,
    <span key="message">
      {message || "-"} <Became of={revision} />
    </span>,
    isNewest ? (
      ""
    ) : (
      <a key="compare" href={historyAt({ document, from: number })}>
        with the newest
      </a>
    ),
    ...(mayWrite.value
      ? [
          isNewest ? (
            ""
          ) : (
            <button key="back" type="button" onClick={() => onRevert(number)}>
              revert to {number}…
            </button>
          ),
        ]
      : []),
  ];
}

/** What a revision did to others, and what became of it. */
function Became({
  of: { number, rollout, revertsTo, revertedBy, ends = [] },
}: {
  readonly of: RevisionMessage;
}) {
  const made = (one: number) => historyAt({ from: one - 1, to: one });
  return (
    <>
      {rollout && (
        <a href={pathOf("rollouts", String(number))}>
          <Status
            of="rollout"
            word={rollout.status}
            text={`${rollout.status}, wave ${rollout.wave} of ${rollout.waves}`}
          />
        </a>
      )}
      {revertsTo !== undefined && (
        <span>
          {" "}
          reverts to <a href={made(revertsTo)}>{revertsTo}</a>
        </span>
      )}
      {ends.map((one) => (
        <span key={one}>
          {" "}
          ends <a href={pathOf("rollouts", String(one))}>rollout {one}</a>
        </span>
      ))}
      {revertedBy !== undefined && (
        <span>
          {" "}
          reverted by <a href={made(revertedBy)}>{revertedBy}</a>
        </span>
      )}
    </>
  );
}

function Difference({
  compared: { from, to },
  document,
}: {
  readonly compared: Compared;
  readonly document: Document;
}) {
  const changes = useAsked<Changes>(
    query("/v1/changes", { from, to, ...document }),
    to ?? summary.value?.revision,
  );
  return (
    <Section
      id="difference"
      name={
        <>
          From revision {from} to {to ?? "the newest"}
        </>
      }
    >
      <form class="choices" action="/history" onSubmit={(event) => compareOthers(event, document)}>
        <label>
          from <input name="from" inputMode="numeric" size={6} defaultValue={String(from)} />
        </label>
        <label>
          to <input name="to" inputMode="numeric" size={6} defaultValue={String(to ?? "")} />
        </label>
        <button type="submit">Compare</button>
      </form>
      <Shown of={changes}>{({ changes: found }) => <Differences changes={found} />}</Shown>
      <Same
        command={`diff${documentFlags(document)} --from ${from}${to === undefined ? "" : ` --to ${to}`}`}
      />
    </Section>
  );
}

function compareOthers(event: SubmitEvent, document: Document): void {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLFormElement)) return;
  const words = new URLSearchParams(
    [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]),
  );
  go(historyAt({ document, ...comparedOf(words) }));
}

/** Which revision brought each app of a document. */
function Blame({ document }: { readonly document: NonNullable<Document> }) {
  const blamed = useAsked<Blamed>(query("/v1/blame", { ...document }), summary.value?.revision);
  return (
    <Section id="blame" name="Who brought what">
      <Shown of={blamed}>
        {(apps) =>
          apps.length === 0 ? (
            <p>It wants no apps.</p>
          ) : (
            <Table
              name="Who brought what"
              columns={["app", "tags", "of", "revision", "time", "author", "message"]}
              rows={apps.map(({ name, tags, kind, id, revision, author, message, time }) => [
                name,
                <Tags key="tags" tags={tags} />,
                `${kind} ${id}`,
                <a key="revision" href={historyAt({ document, from: revision - 1, to: revision })}>
                  {revision}
                </a>,
                <Time key="time" at={time} />,
                author,
                message || "-",
              ])}
            />
          )
        }
      </Shown>
      <Same command={`blame${documentFlags(document)}`} />
    </Section>
  );
}
