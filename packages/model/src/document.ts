import { canonicalJson } from "./digest.ts";
import { type Policy, samePolicy } from "./policy.ts";
import { sameRollout } from "./rollout/same-rollout.ts";
import { checkedRollout, type GivenRollout } from "./rollout/settings.ts";
import { parseSelector, type Selector } from "./selector.ts";
import { type App, parseApps } from "./state.ts";
import { sameTags, sortedTags } from "./tag.ts";

/** What is under version control: what one device should have, or a spec for every device with certain tags. */
export const DOCUMENT_KINDS = ["device", "spec"] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** What a document is known by, whatever it says at a revision. */
export interface DocumentKey {
  readonly kind: DocumentKind;
  readonly id: string;
}

/** Some of the documents: those of a kind, and of these those whose ids begin so. */
export interface DocumentScope {
  readonly kind: DocumentKind;
  readonly prefix?: string | undefined;
}

/** What a document says. */
export interface DocumentContent {
  /** Of a spec: what a device must have and be for it to count. Empty for a device's own. */
  readonly selector: Selector;
  readonly apps: readonly App[];
  readonly policy: Policy;
  /** Of a spec: how a change of it spreads, unless who makes the change says otherwise. */
  readonly rollout?: GivenRollout | undefined;
}

/** What a document said from a revision on: null when that revision removed it. */
export interface DocumentVersion extends DocumentKey {
  readonly revision: number;
  readonly content: DocumentContent | null;
}

/** A document that is there. */
export interface StoredDocument extends DocumentVersion {
  readonly content: DocumentContent;
}

/** What to make of a document: null removes it. */
export interface DocumentChange extends DocumentKey {
  readonly content: DocumentContent | null;
  /** The revision that it is meant to follow, when that was said; 0: there is no such document. */
  readonly expected?: number | undefined;
  /** It makes a new version also when it says the same. */
  readonly isRepeated?: true;
}

/** Checks what a document says. @throws JamesError NAME_INVALID, TAG_INVALID, APP_DUPLICATE, ROLLOUT_INVALID */
export function parseContent({ selector, apps, policy, rollout }: DocumentContent): DocumentContent {
  const wishes = { selector: parseSelector(selector), apps: parseApps(apps), policy };
  return rollout ? { ...wishes, rollout: checkedRollout(rollout) } : wishes;
}

/** True for a document in one of these scopes; where there are none, for every one. */
export function isInScope({ kind, id }: DocumentKey, scopes: readonly DocumentScope[]): boolean {
  return scopes.length === 0 || scopes.some((one) => one.kind === kind && id.startsWith(one.prefix ?? ""));
}

/** A key as one text; no two keys have the same. */
export function documentName({ kind, id }: DocumentKey): string {
  return `${kind} ${id}`;
}

/** True when both say the same, whatever the order of apps and tags. */
export function sameContent(a: DocumentContent | null, b: DocumentContent | null): boolean {
  return sameWishes(a, b) && sameRollout(a?.rollout, b?.rollout);
}

/** True when both want the same for the same devices, however it is to spread. */
export function sameWishes(a: DocumentContent | null, b: DocumentContent | null): boolean {
  if (a === null || b === null) return a === b;
  return sameTags(a.selector, b.selector) && samePolicy(a.policy, b.policy) && sameApps(a.apps, b.apps);
}

/** True when both list the same apps with the same tags, whatever the order. */
export function sameApps(a: readonly App[], b: readonly App[]): boolean {
  return canonicalApps(a) === canonicalApps(b);
}

function canonicalApps(apps: readonly App[]): string {
  return canonicalJson(apps.map(({ name, tags }) => canonicalJson([name, sortedTags(tags)])).sort());
}
