import type { DocumentVersion } from "./document.ts";
import type { App } from "./state.ts";
import { sameTags } from "./tag.ts";

/** An app of a document, and the revision that made it what it is. */
export interface BlamedApp extends App {
  readonly revision: number;
}

/** Which revision brought each app that a document lists now; `versions` are all of the document's, oldest first. */
export function blameApps(versions: readonly DocumentVersion[]): readonly BlamedApp[] {
  let blamed: readonly BlamedApp[] = [];
  for (const { revision, content } of versions) {
    const before = new Map(blamed.map((app) => [app.name, app]));
    blamed = (content?.apps ?? []).map(({ name, tags }) => {
      const old = before.get(name);
      return old && sameTags(old.tags, tags) ? { ...old, tags } : { name, tags, revision };
    });
  }
  return blamed;
}
