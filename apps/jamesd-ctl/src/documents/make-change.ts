import type { BodyOf, Client } from "@jamesd/protocol";
import type { Context, Result } from "../cli/command.ts";
import { appliedView } from "../views/change-view.ts";
import type { FileDocument } from "./document-file.ts";

/** A change of a large fleet may take its time. */
const TIMEOUT_MS = 120_000;
const MAX_WARNINGS = 20;

/**
 * Applies documents or reverts them, as one revision, or with `dryRun` asks what that would mean; warnings go to
 * standard error.
 */
export async function makeChange(
  client: Client,
  body: BodyOf<"apply"> | BodyOf<"revert">,
  { note, signal }: Pick<Context, "note" | "signal">,
): Promise<Result> {
  const options = { signal, timeoutMs: TIMEOUT_MS };
  const applied =
    "to" in body
      ? await client.call("revert", { ...options, body })
      : await client.call("apply", { ...options, body });
  for (const line of warningLines(applied.impact.warnings)) note(line);
  return { data: appliedView(applied, body.dryRun ?? false) };
}

/** Lines that warn, no more than are read. */
export function warningLines(warnings: readonly string[]): readonly string[] {
  const lines = warnings.slice(0, MAX_WARNINGS).map((warning) => `warning: ${warning}`);
  const more = warnings.length - lines.length;
  return more > 0 ? [...lines, `warning: ${more} more such warnings are left out`] : lines;
}

/** A document of a file as it goes over the wire. */
export function documentMessage({
  kind,
  id,
  content: { selector, apps, policy },
  expected,
}: FileDocument): BodyOf<"apply">["documents"][number] {
  const common = {
    id,
    apps: apps.map(({ name, tags }) => ({ name, tags: [...tags] })),
    policy,
    ...(expected !== undefined && { revision: expected }),
  };
  return kind === "spec" ? { kind, selector: [...selector], ...common } : { kind, ...common };
}
