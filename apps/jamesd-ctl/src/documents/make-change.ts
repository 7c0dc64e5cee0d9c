import type { GivenRollout } from "@jamesd/model";
import type { Applied, BodyOf, Client } from "@jamesd/protocol";
import type { Context, Result } from "../cli/command.ts";
import { confirmImpact, isAskable } from "../cli/confirm.ts";
import { meaningOf } from "../cli/meaning.ts";
import { appliedView } from "../views/change-view.ts";
import type { FileDocument } from "./document-file.ts";

/** A change of a large fleet may take its time. */
const TIMEOUT_MS = 120_000;
const MAX_WARNINGS = 20;

/** Documents that are to change together. */
export type ChangeBody = BodyOf<"apply"> | BodyOf<"revert">;

/** How a person is asked about a change. */
export interface Asking {
  /** What is about to be done: "applying this". */
  readonly what: string;
  readonly yes: boolean;
}

/**
 * Asks what a change would mean and whether to go on, then makes it, as one revision; with `dryRun` it only asks what it would
 * mean. Warnings go to standard error. @throws JamesError CANCELLED, CONFIRMATION_NEEDED
 */
export async function makeChange(
  client: Client,
  body: ChangeBody,
  asking: Asking,
  context: Context,
): Promise<Result> {
  if (body.dryRun) return { data: appliedView(await foresee(client, body, context), true) };
  return { data: appliedView(await change(client, body, asking, context), false) };
}

/** The same, for who goes on with what came of it. @throws JamesError CANCELLED, CONFIRMATION_NEEDED */
export async function change(
  client: Client,
  body: ChangeBody,
  asking: Asking,
  context: Context,
): Promise<Applied> {
  const foreseen = await askAboutChange(client, body, asking, context);
  const applied = await send(client, foreseen ? asForeseen(body, foreseen) : body, context.signal);
  if (!foreseen) warn(applied, body, context);
  return applied;
}

/** What a change would mean; nothing changes. Warnings go to standard error. */
export async function foresee(client: Client, body: ChangeBody, context: Context): Promise<Applied> {
  const foreseen = await send(client, { ...body, dryRun: true }, context.signal);
  warn(foreseen, body, context);
  return foreseen;
}

/**
 * Asks whether to make a change, where that is to be asked; warnings go to standard error then.
 * @returns what it would mean, when that was worked out @throws JamesError CANCELLED, CONFIRMATION_NEEDED
 */
export async function askAboutChange(
  client: Client,
  body: ChangeBody,
  { what, yes }: Asking,
  context: Context,
): Promise<Applied | undefined> {
  // What it means is worked out for all devices: not without need.
  if (yes || !(isAskable(context) || mayTakeAway(body))) return undefined;
  const foreseen = await foresee(client, body, context);
  await confirmImpact(meaningOf(foreseen, isNamed(body)), what, yes, context);
  return foreseen;
}

/** What was asked about is what is removed, and not what others have added since. */
function asForeseen(body: ChangeBody, { documents }: Applied): ChangeBody {
  if ("to" in body || !body.prune) return body;
  const { prune, pruneScopes, ...rest } = body;
  const gone = documents.filter(({ action }) => action === "removed");
  return { ...rest, remove: gone.map(({ kind, id }) => ({ kind, id })) };
}

function send(client: Client, body: ChangeBody, signal: AbortSignal): Promise<Applied> {
  const options = { signal, timeoutMs: TIMEOUT_MS };
  return "to" in body
    ? client.call("revert", { ...options, body })
    : client.call("apply", { ...options, body });
}

function warn({ impact, documents }: Applied, { rollout }: ChangeBody, { note }: Context): void {
  for (const line of warningLines(impact.warnings)) note(line);
  if (rollout?.plan && documents.length === 0)
    note(
      "nothing changes, so that nothing spreads; a rollout that is live goes on with the waves and gates it has",
    );
}

function mayTakeAway(body: ChangeBody): boolean {
  return "to" in body || body.prune === true || (body.remove ?? []).length > 0;
}

/** What goes away is what the body names. */
function isNamed(body: ChangeBody): boolean {
  return "to" in body ? body.document !== undefined : body.prune !== true;
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
  content: { selector, apps, policy, rollout },
  expected,
}: FileDocument): BodyOf<"apply">["documents"][number] {
  const common = {
    id,
    apps: apps.map(({ name, tags }) => ({ name, tags: [...tags] })),
    policy,
    ...(expected !== undefined && { revision: expected }),
  };
  if (kind === "device") return { kind, ...common };
  return { kind, selector: [...selector], ...common, ...(rollout && { rollout: planMessage(rollout) }) };
}

/** How a change spreads as it goes over the wire. */
function planMessage({ waves, ...rest }: GivenRollout) {
  return waves ? { waves: [...waves], ...rest } : rest;
}

/** The same, to be set whatever others made of it since. */
export function forcedMessage(document: FileDocument): BodyOf<"apply">["documents"][number] {
  return documentMessage({ ...document, expected: undefined });
}
