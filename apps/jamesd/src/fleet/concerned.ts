import { type DocumentVersion, isSelected, type Tag } from "@jamesd/model";
import type { Documents } from "./documents.ts";
import type { KnownMember } from "./member.ts";
import type { Members } from "./members.ts";
import type { TagSet } from "./tag-sets.ts";

type Change = Pick<DocumentVersion, "kind" | "id" | "content">;

/** The devices that changes of documents are about: those that are named, and those that a spec chooses or, by the documents before, chose. */
export function* concernedBy(
  changes: readonly Change[],
  before: Documents,
  members: Members,
): Generator<KnownMember> {
  const named = new Set(changes.flatMap(({ kind, id }) => (kind === "device" ? [id] : [])));
  const specs = changes.filter(({ kind }) => kind === "spec");
  if (specs.length === 0) {
    for (const id of named) {
      const member = members.find(id);
      if (member) yield member;
    }
    return;
  }
  const selectors = specs.flatMap(({ id, content }) =>
    [before.spec(id)?.selector, content?.selector].filter((selector) => selector !== undefined),
  );
  const isChosen = byTags((tags) => selectors.some((selector) => isSelected(selector, tags)));
  for (const member of members.allKnown()) if (named.has(member.id) || isChosen(member.tagSet)) yield member;
}

/** What a test of tags says, asked once for each set of tags. */
function byTags(test: (tags: ReadonlySet<Tag>) => boolean): (tagSet: TagSet) => boolean {
  const known = new Map<TagSet, boolean>();
  return (tagSet) => {
    const answer = known.get(tagSet) ?? test(tagSet.set);
    known.set(tagSet, answer);
    return answer;
  };
}
