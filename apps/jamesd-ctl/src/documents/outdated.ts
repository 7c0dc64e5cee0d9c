import { type DocumentKey, documentName, JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import type { Context } from "../cli/command.ts";
import type { FileDocument } from "./document-file.ts";

/** So many are looked up and named. */
const MOST = 10;

/**
 * Notes of documents of files that others have changed since the revision in the file: `apply` refuses them, and just then
 * people want to see what differs. @param documents those that say something else than what is set
 */
export async function noteOutdated(
  client: Client,
  documents: readonly FileDocument[],
  { note, signal }: Pick<Context, "note" | "signal">,
): Promise<void> {
  const expecting = documents.filter(({ expected }) => expected !== undefined);
  for (const document of expecting.slice(0, MOST)) {
    const revision = await revisionOf(client, document, signal);
    if (revision !== document.expected) note(outdatedText(document, revision));
  }
  const more = expecting.length - MOST;
  if (more > 0) note(`whether ${more} more are outdated was not looked up`);
}

function outdatedText({ expected, ...key }: FileDocument, revision: number): string {
  const now = revision === 0 ? "is not there any more" : `is at revision ${revision}`;
  return `outdated: the file has the ${documentName(key)} at revision ${expected}, and it ${now}; apply refuses it so (or --force), and this is what it would change by now`;
}

async function revisionOf(client: Client, { kind, id }: DocumentKey, signal: AbortSignal): Promise<number> {
  try {
    const route = kind === "spec" ? "getSpec" : "getDesiredState";
    return (await client.call(route, { params: { id }, signal })).revision;
  } catch (thrown) {
    if (thrown instanceof JamesError && thrown.class === "missing") return 0;
    throw thrown;
  }
}
