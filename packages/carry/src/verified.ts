import { createHash } from "node:crypto";
import { type Content, type Digest, JamesError } from "@jamesd/model";

/** Passes a content through and fails at its end, or as soon as it is too long, when it is not what it must be. @throws JamesError DIGEST_MISMATCH */
export async function* verified(
  content: AsyncIterable<Uint8Array>,
  { digest, size }: Content,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash("sha256");
  let seen = 0;
  for await (const chunk of content) {
    seen += chunk.length;
    if (seen > size) throw mismatch(digest, `it has more than ${size} bytes`);
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest("hex");
  if (found !== digest) throw mismatch(digest, `it has the digest ${found}`);
}

function mismatch(digest: Digest, why: string): JamesError {
  return new JamesError("DIGEST_MISMATCH", `the content ${digest} is not what its name says: ${why}`, {
    hint: "Try again; when it stays, jamesd verify looks for damage on the server.",
  });
}
