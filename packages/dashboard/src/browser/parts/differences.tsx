import { type DocumentDifference, documentDifferenceRows } from "@jamesd/model";
import type { Changes } from "@jamesd/protocol";
import { Table } from "./table.tsx";

/** What differs of documents, a line each, as `jamesd-ctl diff` has it. */
export function Differences({ changes }: { readonly changes: Changes["changes"] }) {
  if (changes.length === 0) return <p>Nothing differs.</p>;
  const rows = (changes as readonly DocumentDifference[]).flatMap(documentDifferenceRows);
  return (
    <Table
      name="Differences"
      columns={["kind", "id", "what", "before", "after"]}
      rows={rows.map(([kind, id, what, before, after]) => [kind, id, what, ...wentAndCame(before, after)])}
    />
  );
}

/** Two cells. What goes and what comes are told apart by more than where they are. */
export function wentAndCame(before = "-", after = "-") {
  return [
    before === "-" ? "-" : <del key="before">{before}</del>,
    after === "-" ? "-" : <ins key="after">{after}</ins>,
  ];
}
