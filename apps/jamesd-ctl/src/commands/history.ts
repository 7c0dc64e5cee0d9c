import { count, text } from "@jamesd/config";
import type { RevisionMessage, RolloutStanding } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";
import { defineCommand } from "../cli/command.ts";
import { DOCUMENT_FLAGS, documentOf, keyQuery } from "./document-flags.ts";
import { readPages } from "./pages.ts";
import { revisionFlag, timeFlag } from "./point-flags.ts";

const SHOWN = 3;

/** Lists revisions. */
export const history = defineCommand({
  name: "history",
  aliases: [],
  summary: "list the revisions, newest first: who changed what and why",
  options: {
    ...DOCUMENT_FLAGS,
    before: revisionFlag("only revisions before this one"),
    since: timeFlag("only revisions from then on: 7d ago, or a time as 2026-01-31T12:00:00Z"),
    author: text({ value: "NAME", help: "only revisions by this author" }),
    limit: count({ value: "N", help: "at most so many", default: "100" }),
  },
  defaultFormat: "table",
  async handler({ before, since, author, limit, ...flags }, { connect, signal }) {
    const client = connect();
    const document = keyQuery(documentOf(flags));
    const revisions = await readPages<RevisionMessage>(limit, (most, last) => {
      const query = {
        ...document,
        before: (last?.number ?? before)?.toString(),
        author,
        since: since?.toString(),
        limit: String(most),
      };
      return client.call("listRevisions", { query, signal });
    });
    const rows = revisions.map((revision) => [
      String(revision.number),
      isoTime(revision.time),
      revision.author,
      changedText(revision),
      becameText(revision),
      revision.message || "-",
    ]);
    return {
      data: revisions.map((revision) => ({ ...revision, time: isoTime(revision.time) })),
      table: { columns: ["revision", "time", "author", "changed", "became", "message"], rows },
    };
  },
});

/** What a revision did to others, and what became of it: `reverts to 40`, `ends 42`, `reverted by 45`, `2/3`. */
function becameText({ rollout, revertsTo, revertedBy, ends = [] }: RevisionMessage): string {
  const became = [
    ...(revertsTo === undefined ? [] : [`reverts to ${revertsTo}`]),
    ...(ends.length === 0 ? [] : [`ends ${ends.join(", ")}`]),
    ...(rollout ? [rolloutText(rollout)] : []),
    ...(revertedBy === undefined || rollout?.endedBy === revertedBy ? [] : [`reverted by ${revertedBy}`]),
  ];
  return became.join("; ") || "-";
}

/** How far the rollout of a revision is or was: `2/3`, `finished`, `reverted by 45`. */
function rolloutText({ status, wave, waves, endedBy }: RolloutStanding): string {
  if (endedBy !== null) return `${status} by ${endedBy}`;
  return status === "running"
    ? `${wave}/${waves}`
    : status === "finished"
      ? status
      : `${status} ${wave}/${waves}`;
}

function changedText({ documents, changed, rollout }: RevisionMessage): string {
  // What spreads without a document is a packet.
  if (changed === 0) return rollout ? "a packet" : "-";
  const shown = documents.slice(0, SHOWN).map(({ kind, id }) => `${kind} ${id}`);
  const more = changed - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
