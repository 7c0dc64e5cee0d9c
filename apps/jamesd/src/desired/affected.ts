import { type DocumentChange, isSelected, type Tag } from "@jamesd/model";
import type { Fleet } from "../fleet/fleet.ts";
import { type KnownMember, resolvable } from "../fleet/member.ts";
import type { Resolver, Target } from "../fleet/resolver.ts";
import type { TagSet } from "../fleet/tag-sets.ts";

/** A device that changed documents are about: what it should have before and after. */
export interface Affected {
  readonly member: KnownMember;
  readonly before: Target | undefined;
  readonly after: Target | undefined;
}

/** The devices that changes are about: those that are named, and those that a spec chooses or chose. */
export function affectedBy(
  changes: readonly DocumentChange[],
  fleet: Fleet,
  resolver: Resolver,
): readonly Affected[] {
  const named = new Set(changes.filter(({ kind }) => kind === "device").map(({ id }) => id));
  const selectors = changes.filter(({ kind }) => kind === "spec").flatMap((spec) => selectorsOf(spec, fleet));
  const isChosen = byTags((tags) => selectors.some((selector) => isSelected(selector, tags)));
  const found: Affected[] = [];
  for (const member of fleet.members.allKnown()) {
    if (!named.has(member.id) && !isChosen(member.tagSet)) continue;
    found.push({ member, before: member.target, after: resolver.target(resolvable(member)) });
  }
  return found;
}

/** What a test of tags says, asked once for each set of tags. */
export function byTags(test: (tags: ReadonlySet<Tag>) => boolean): (tagSet: TagSet) => boolean {
  const known = new Map<TagSet, boolean>();
  return (tagSet) => {
    const answer = known.get(tagSet) ?? test(tagSet.set);
    known.set(tagSet, answer);
    return answer;
  };
}

function selectorsOf({ id, content }: DocumentChange, fleet: Fleet): readonly (readonly Tag[])[] {
  const before = fleet.documents.spec(id)?.selector;
  return [...(before ? [before] : []), ...(content ? [content.selector] : [])];
}
