import {
  type DesiredState,
  type DocumentKey,
  type DocumentVersion,
  documentName,
  type Spec,
  type StoredDocument,
} from "@jamesd/model";

/** The desired states and specs that count, in memory; never changed, only followed by others. */
export class Documents {
  readonly #own: ReadonlyMap<string, DesiredState>;
  readonly #specs: ReadonlyMap<string, Spec>;

  private constructor(own: ReadonlyMap<string, DesiredState>, specs: ReadonlyMap<string, Spec>) {
    this.#own = own;
    this.#specs = specs;
  }

  static of(stored: Iterable<StoredDocument>): Documents {
    return new Documents(new Map(), new Map()).with(stored);
  }

  /** These documents after some of them got other versions. */
  with(versions: Iterable<DocumentVersion>): Documents {
    const [own, specs] = [new Map(this.#own), new Map(this.#specs)];
    for (const { kind, id, revision, content } of versions) {
      const documents: Map<string, DesiredState> = kind === "device" ? own : specs;
      if (content === null) documents.delete(id);
      else if (kind === "device") own.set(id, { id, revision, apps: content.apps, policy: content.policy });
      else specs.set(id, { id, revision, ...content });
    }
    return new Documents(own, specs);
  }

  /** The desired state that a device has of its own. */
  own(id: string): DesiredState | undefined {
    return this.#own.get(id);
  }

  spec(id: string): Spec | undefined {
    return this.#specs.get(id);
  }

  /** What counts of a document; undefined when there is none. */
  find({ kind, id }: DocumentKey): DesiredState | Spec | undefined {
    return kind === "device" ? this.own(id) : this.spec(id);
  }

  /** Every spec, by id. */
  specs(): readonly Spec[] {
    return [...this.#specs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Every document but these. */
  keysExcept(kept: Iterable<DocumentKey>): readonly DocumentKey[] {
    const names = new Set([...kept].map(documentName));
    const keys: DocumentKey[] = [
      ...[...this.#own.keys()].map((id) => ({ kind: "device" as const, id })),
      ...[...this.#specs.keys()].map((id) => ({ kind: "spec" as const, id })),
    ];
    return keys.filter((key) => !names.has(documentName(key)));
  }
}
