import { createHash } from "node:crypto";
import type { Content, Digest } from "@jamesd/model";

/** A content that is named while it is read, once. */
export class NamedContent {
  readonly #content: AsyncIterable<Uint8Array>;
  readonly #named: (name: Content) => void;
  readonly #hash = createHash("sha256");
  readonly #isKnown: boolean;
  #size = 0;
  #name: Content | undefined;

  /** @param named told what it is when it was read to its end; @param known what it is, where that is known: it is not hashed again */
  constructor(
    content: AsyncIterable<Uint8Array>,
    named: (name: Content) => void = () => undefined,
    known?: Content,
  ) {
    this.#content = content;
    this.#named = named;
    this.#name = known;
    this.#isKnown = known !== undefined;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    if (this.#isKnown) yield* this.#content;
    else yield* this.#hashed();
    this.#named(this.name());
  }

  /** After it was read to its end. */
  name(): Content {
    this.#name ??= { digest: this.#hash.digest("hex"), size: this.#size };
    return this.#name;
  }

  async *#hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#content) {
      this.#hash.update(chunk);
      this.#size += chunk.length;
      yield chunk;
    }
  }
}

/** The digest of a content, read in constant memory. */
export async function hashStream(content: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
}

/** What a content is that is in memory. */
export function nameOf(chunks: readonly Uint8Array[]): Content {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return { digest: hash.digest("hex"), size: chunks.reduce((sum, chunk) => sum + chunk.length, 0) };
}
