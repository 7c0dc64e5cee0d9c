import { short, text } from "@jamesd/config";
import {
  type DocumentDifference,
  type DocumentScope,
  diffPackets,
  documentName,
  isInScope,
  JamesError,
  sameContent,
} from "@jamesd/model";
import type { Client, ReplyOf } from "@jamesd/protocol";
import { type Context, defineCommand, type Result } from "../cli/command.ts";
import { differenceCode, EXIT_CODE_FLAG } from "../cli/exit-code.ts";
import type { FileDocument } from "../documents/document-file.ts";
import { noteOutdated } from "../documents/outdated.ts";
import { differenceTable, differenceView, packetTexts } from "../views/change-view.ts";
import { waitsLines } from "../views/waits-text.ts";
import { DOCUMENT_FLAGS, documentOf, keyQuery } from "./document-flags.ts";
import { revisionFlag } from "./point-flags.ts";
import { type Prune, pruneFlags, pruneOf, readFor } from "./prune-flags.ts";

/** Prints what differs: between revisions, between files and what is set, between what a device has and should have. */
export const diff = defineCommand({
  name: "diff",
  aliases: [],
  summary: "print what differs between revisions, files and devices",
  options: {
    ...DOCUMENT_FLAGS,
    id: text({
      value: "ID",
      help: "what this device has and should have; with --from or --to, its desired state",
    }),
    from: revisionFlag("the older revision; the one before --to when left out"),
    to: revisionFlag("the newer revision; the newest when left out"),
    file: short("f", text({ value: "FILE|DIR", help: "what is set now, against these files" })),
    ...pruneFlags("with --file: what is not in the files would be removed, as apply --prune does"),
    ...EXIT_CODE_FLAG,
  },
  defaultFormat: "table",
  async handler({ from, to, file, exitCode, ...flags }, context) {
    const prune = pruneOf(flags);
    const document = documentOf(flags);
    if (file !== undefined) {
      if (document || from !== undefined || to !== undefined)
        throw new JamesError("USAGE", "--file stands alone", { hint: "Leave the other flags out." });
      return differences(await againstFiles(file, prune, context), exitCode);
    }
    if (prune)
      throw new JamesError("USAGE", "--prune goes with --file", { hint: "Leave it out, or name files." });
    const { connect, signal } = context;
    if (document?.kind === "device" && from === undefined && to === undefined)
      return actualDifference(connect(), document.id, exitCode, signal);
    const { changes } = await connect().call("getChanges", {
      query: { from: from?.toString(), to: to?.toString(), ...keyQuery(document) },
      signal,
    });
    return differences(changes, exitCode);
  },
});

function differences(found: readonly DocumentDifference[], isCodeAsked: boolean): Result {
  const exitCode = differenceCode(isCodeAsked, found.length > 0);
  return { data: found.map(differenceView), table: differenceTable(found), exitCode };
}

async function againstFiles(
  file: string,
  prune: Prune,
  context: Context,
): Promise<readonly DocumentDifference[]> {
  const documents = await readFor(prune, file, context);
  const [first, second] = documents;
  const only = prune || second ? undefined : first;
  // Before the first revision there was nothing: what differs from that is all there is.
  const query = { from: "0", ...keyQuery(only) };
  const { changes } = first
    ? await context.connect().call("getChanges", { query, signal: context.signal })
    : { changes: [] };
  const current = new Map(changes.map(({ after, ...key }) => [documentName(key), after]));
  const found = documents
    .map(({ kind, id, content }) => ({
      kind,
      id,
      before: current.get(documentName({ kind, id })) ?? null,
      after: content,
    }))
    .filter(({ before, after }) => !sameContent(before, after));
  const differing = new Set(found.map(documentName));
  await noteOutdated(
    context.connect(),
    documents.filter((document) => differing.has(documentName(document))),
    context,
  );
  return prune ? [...found, ...leftOut(documents, changes, prune)] : found;
}

/** What is set now in the scopes and is not in the files. */
function leftOut(
  documents: readonly FileDocument[],
  changes: ReplyOf<"getChanges">["changes"],
  scopes: readonly DocumentScope[],
): readonly DocumentDifference[] {
  const named = new Set(documents.map(documentName));
  return changes
    .filter(({ after, ...key }) => after !== null && !named.has(documentName(key)) && isInScope(key, scopes))
    .map(({ kind, id, after }) => ({ kind, id, before: after, after: null }));
}

async function actualDifference(
  client: Client,
  id: string,
  isCodeAsked: boolean,
  signal: AbortSignal,
): Promise<Result> {
  const { apps, effective, sync, waits = [] } = await client.call("getDevice", { params: { id }, signal });
  const found = diffPackets(apps, effective?.apps ?? apps);
  const rows = found.map((difference) => [difference.name, ...packetTexts(difference)]);
  const table = { columns: ["app", "has", "should have"], rows };
  return {
    data: { id, sync, apps: found, ...(waits.length > 0 && { waits }) },
    table,
    foot: waitsLines(waits),
    exitCode: differenceCode(isCodeAsked, found.length > 0),
  };
}
