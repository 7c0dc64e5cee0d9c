import { sizeOf } from "@jamesd/disk";
import type { Digest } from "@jamesd/model";
import { compressedBytes, type Held, NOTHING } from "./compressed-part.ts";
import type { Wanted } from "./fetched.ts";
import type { BlobContent, ContentSource } from "./remote.ts";

/**
 * Has the next of these contents asked for as soon as the last byte of one is here: what is left to be done for that one
 * takes as long as the server needs to answer. Of the next no more is read than a connection reads ahead. One of which
 * something is held is asked for by who knows from where on.
 */
export function askingAhead(remote: ContentSource, contents: readonly Wanted[]): ContentSource {
  const nextOf = new Map(contents.map(({ digest }, index) => [digest, contents[index + 1]]));
  const asked = new Map<Digest, Promise<BlobContent>>();

  const ask = async (digest: Digest, held: Held, signal: AbortSignal): Promise<BlobContent> => {
    const { coding, content } = await remote.compressedBlob(digest, held, signal);
    return { coding, content: before(content, () => askNext(digest, signal)) };
  };
  const askNext = (digest: Digest, signal: AbortSignal): void => {
    const next = nextOf.get(digest);
    // What was held of this one was spoiled, and it came once more.
    if (next && asked.has(next.digest)) return;
    if (!next || sizeOf(next.part) > 0 || compressedBytes(next) > 0) return;
    const answer = ask(next.digest, NOTHING, signal);
    // Whoever wants it hears of that.
    answer.catch(() => undefined);
    asked.set(next.digest, answer);
  };
  return {
    blob: (digest, offset, signal) => remote.blob(digest, offset, signal),
    compressedBlob(digest, held, signal) {
      const answer = asked.get(digest);
      asked.delete(digest);
      return held.offset === 0 && answer ? answer : ask(digest, held, signal);
    },
  };
}

async function* before(content: AsyncIterable<Uint8Array>, end: () => void): AsyncGenerator<Uint8Array> {
  yield* content;
  end();
}
