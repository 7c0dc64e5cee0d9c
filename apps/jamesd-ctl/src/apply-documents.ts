import type { Applied, Client } from "@jamesd/protocol";
import { appliedView } from "./change-view.ts";
import type { Result } from "./command.ts";
import type { FileDocument } from "./document-file.ts";

/** What to do besides setting the documents. */
export interface ApplyOptions {
  readonly prune: boolean;
  readonly dryRun: boolean;
  readonly message: string;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Sends documents as one revision, or asks what that would mean. */
export async function applyDocuments(
  client: Client,
  documents: readonly FileDocument[],
  { prune, dryRun, message, note, signal }: ApplyOptions,
): Promise<Result> {
  const body = { documents: documents.map(toMessage), prune, dryRun, message };
  return appliedResult(await client.call("apply", { body, signal, timeoutMs: 120_000 }), dryRun, note);
}

/** What is printed of it; warnings go to standard error. */
export function appliedResult(applied: Applied, dryRun: boolean, note: (line: string) => void): Result {
  for (const warning of applied.impact.warnings) note(`warning: ${warning}`);
  return { data: appliedView(applied, dryRun) };
}

function toMessage({ kind, id, content: { selector, apps, policy }, expected }: FileDocument) {
  const common = {
    id,
    apps: apps.map(({ name, tags }) => ({ name, tags: [...tags] })),
    policy,
    ...(expected !== undefined && { revision: expected }),
  };
  return kind === "spec" ? { kind, selector: [...selector], ...common } : { kind, ...common };
}
