import {
  type App,
  type DesiredState,
  type DocumentContent,
  type DocumentKey,
  type DocumentVersion,
  documentName,
  type Spec,
  type StoredDocument,
} from "@jamesd/model";
import type { Touch } from "../repository/document-store.ts";
import { LayeredMap } from "./layered-map.ts";
import { Touched } from "./touched.ts";

/** The desired states and specs that count, in memory; never changed, only followed by others. */
export class Documents {
  readonly #own: LayeredMap<DesiredState>;
  readonly #specs: LayeredMap<Spec>;
  /** The newest revision that changed what a device should have. */
  readonly touched: Touched;

  private constructor(own: LayeredMap<DesiredState>, specs: LayeredMap<Spec>, touched: Touched) {
    this.#own = own;
    this.#specs = specs;
    this.touched = touched;
  }

  /** @param touches of all that ever were */
  static of(stored: Iterable<StoredDocument>, touches: Iterable<Touch>): Documents {
    return new Documents(new LayeredMap(), new LayeredMap(), Touched.of(touches)).with(stored);
  }

  /** These documents after some of them got other versions. */
  with(versions: Iterable<DocumentVersion>): Documents {
    const touches: Touch[] = [];
    const own: [string, DesiredState | undefined][] = [];
    const specs: [string, Spec | undefined][] = [];
    for (const { kind, id, revision, content } of versions) {
      if (kind === "spec") {
        specs.push([id, content ? { id, revision, ...content } : undefined]);
        for (const chosen of [this.spec(id), content])
          if (chosen) touches.push({ selector: chosen.selector, revision });
      } else {
        own.push([id, content ? { id, revision, apps: content.apps, policy: content.policy } : undefined]);
        touches.push({ device: id, revision });
      }
    }
    return new Documents(this.#own.with(own), this.#specs.with(specs), this.touched.with(touches));
  }

  /** The desired state that a device has of its own. */
  own(id: string): DesiredState | undefined {
    return this.#own.get(id);
  }

  spec(id: string): Spec | undefined {
    return this.#specs.get(id);
  }

  /** What counts of a document, a device's own with an empty selector; undefined when there is none. */
  find({ kind, id }: DocumentKey): (DocumentContent & { readonly revision: number }) | undefined {
    if (kind === "spec") return this.spec(id);
    const own = this.own(id);
    return own && { selector: [], ...own };
  }

  /** Every spec, by id. */
  specs(): readonly Spec[] {
    return [...this.#specs.entries()].map(([, spec]) => spec).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Every app that some document lists. */
  *wishes(): Generator<App> {
    for (const [, { apps }] of this.#own.entries()) yield* apps;
    for (const [, { apps }] of this.#specs.entries()) yield* apps;
  }

  /** Every document with what it says; a device's own has an empty selector. */
  *all(): Generator<DocumentKey & DocumentContent> {
    for (const [, own] of this.#own.entries()) yield { kind: "device", selector: [], ...own };
    for (const [, spec] of this.#specs.entries()) yield { kind: "spec", ...spec };
  }

  /** Every document but these. */
  keysExcept(kept: Iterable<DocumentKey>): readonly DocumentKey[] {
    const names = new Set([...kept].map(documentName));
    const keys: DocumentKey[] = [
      ...[...this.#own.entries()].map(([id]) => ({ kind: "device" as const, id })),
      ...[...this.#specs.entries()].map(([id]) => ({ kind: "spec" as const, id })),
    ];
    return keys.filter((key) => !names.has(documentName(key)));
  }
}
