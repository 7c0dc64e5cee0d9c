import { type AppDifference, diffContents } from "./diff.ts";
import type { DocumentContent, DocumentKey } from "./document.ts";
import { policyText } from "./policy-text.ts";
import { planText } from "./rollout/plan-text.ts";
import type { Tag } from "./tag.ts";

/** A document before and after. */
export interface DocumentDifference extends DocumentKey {
  readonly before: DocumentContent | null;
  readonly after: DocumentContent | null;
}

/** What differs of a document, a line each: kind, id, what, before and after. */
export function documentDifferenceRows({
  kind,
  id,
  before,
  after,
}: DocumentDifference): readonly (readonly string[])[] {
  const { apps, selector, policy, rollout } = diffContents(before, after);
  return [
    ...(selector ? [[kind, id, "selector", tagText(selector.before), tagText(selector.after)]] : []),
    ...(policy ? [[kind, id, "policy", policyText(policy.before), policyText(policy.after)]] : []),
    ...(rollout ? [[kind, id, "rollout", planText(rollout.before), planText(rollout.after)]] : []),
    ...apps.map((app) => [kind, id, ...appRow(app)]),
    ...(apps.length === 0 && !selector && !policy && !rollout
      ? [[kind, id, "-", before ? "there" : "-", after ? "there" : "-"]]
      : []),
  ];
}

function appRow({ name, before, after }: AppDifference): readonly string[] {
  return [`app ${name}`, tagText(before), tagText(after)];
}

/** Tags as a cell; - where there is nothing that could have any. */
export function tagText(tags: readonly Tag[] | null): string {
  return tags === null ? "-" : tags.join(",") || "(no tags)";
}
