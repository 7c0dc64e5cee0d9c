import type { DocumentVersion, Spec, StoredDocument } from "@jamesd/model";
import type { Touch } from "../repository/document-store.ts";
import { Touched } from "./touched.ts";

/** The specs that count, in memory, up to a revision; never changed, only followed by others. What is of single devices is in the repository. */
export class Documents {
  readonly #specs: ReadonlyMap<string, Spec>;
  /** The newest revision that changed what a device should have. */
  readonly touched: Touched;
  /** The newest that is in it: what devices have of their own counts as of this one. */
  readonly revision: number;

  private constructor(specs: ReadonlyMap<string, Spec>, touched: Touched, revision: number) {
    this.#specs = specs;
    this.touched = touched;
    this.revision = revision;
  }

  /** @param touches of all that ever were @param revision the newest */
  static of(stored: Iterable<StoredDocument>, touches: Iterable<Touch>, revision = 0): Documents {
    return new Documents(new Map(), Touched.of(touches), revision).with(stored);
  }

  /** These documents after some of them got other versions. @param upTo the newest revision that is in it from then on, if no version is newer */
  with(versions: Iterable<DocumentVersion>, upTo = 0): Documents {
    const touches: Touch[] = [];
    let specs: Map<string, Spec> | undefined;
    let newest = Math.max(this.revision, upTo);
    for (const { kind, id, revision, content } of versions) {
      newest = Math.max(newest, revision);
      if (kind !== "spec") continue;
      specs ??= new Map(this.#specs);
      for (const chosen of [specs.get(id), content])
        if (chosen) touches.push({ selector: chosen.selector, revision });
      if (content) specs.set(id, { id, revision, ...content });
      else specs.delete(id);
    }
    return new Documents(specs ?? this.#specs, this.touched.with(touches), newest);
  }

  spec(id: string): Spec | undefined {
    return this.#specs.get(id);
  }

  /** True when these are as others, but perhaps for what devices have of their own. */
  hasSpecsOf(others: Documents): boolean {
    return this.#specs === others.#specs;
  }

  /** Every spec, by id. */
  specs(): readonly Spec[] {
    return [...this.#specs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}
