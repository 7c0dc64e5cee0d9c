import type { DocumentContent } from "./document.ts";
import { type Policy, samePolicy } from "./policy.ts";
import type { App } from "./state.ts";
import { sameTags, type Tag } from "./tag.ts";

/** An app that differs: its tags before and after; null where it is not listed. */
export interface AppDifference {
  readonly name: string;
  readonly before: readonly Tag[] | null;
  readonly after: readonly Tag[] | null;
}

/** What is different in what a document says; what is the same is left out. */
export interface ContentDifference {
  readonly apps: readonly AppDifference[];
  readonly selector?: { readonly before: readonly Tag[] | null; readonly after: readonly Tag[] | null };
  readonly policy?: { readonly before: Policy; readonly after: Policy };
}

const NOTHING = { apps: [], selector: null, policy: {} } as const;

/** What changed between two versions of a document, null where there was none. */
export function diffContents(
  before: DocumentContent | null,
  after: DocumentContent | null,
): ContentDifference {
  const [a, b] = [before ?? NOTHING, after ?? NOTHING];
  return {
    apps: diffApps(a.apps, b.apps),
    ...(!sameTags(a.selector ?? [], b.selector ?? []) && {
      selector: { before: a.selector, after: b.selector },
    }),
    ...(!samePolicy(a.policy, b.policy) && { policy: { before: a.policy, after: b.policy } }),
  };
}

/** The apps that differ, by name. */
export function diffApps(before: readonly App[], after: readonly App[]): readonly AppDifference[] {
  const [old, now] = [tagsByName(before), tagsByName(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => {
    const [was, is] = [old.get(name) ?? null, now.get(name) ?? null];
    return was && is && sameTags(was, is) ? [] : [{ name, before: was, after: is }];
  });
}

function tagsByName(apps: readonly App[]): ReadonlyMap<string, readonly Tag[]> {
  return new Map(apps.map(({ name, tags }) => [name, tags]));
}
