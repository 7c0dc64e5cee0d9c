import { createHash } from "node:crypto";
import { PassThrough, type Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { type Content, JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";

/** A small blob, verified. @throws JamesError DIGEST_MISMATCH, BLOB_UNKNOWN */
export function readBlob(client: Client, blob: Content, signal: AbortSignal): Promise<Buffer> {
  return buffer(openBlob(client, blob, signal));
}

/** A blob as a stream that ends in an error when it is not what it should be. */
export function openBlob(client: Client, { digest, size }: Content, signal: AbortSignal): Readable {
  const verified = new PassThrough();
  const send = async (): Promise<void> => {
    const content = await client.download("getBlob", { params: { digest }, signal });
    await pipeline(
      content,
      (chunks: AsyncIterable<Uint8Array>) => verify(chunks, { digest, size }),
      verified,
    );
  };
  send().catch((cause: Error) => verified.destroy(cause));
  return verified;
}

/** A content as it is, with an error at its end when that is not what it should be. */
export async function* verify(
  chunks: AsyncIterable<Uint8Array>,
  { digest, size }: Content,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    length += chunk.length;
    yield chunk;
  }
  if (length !== size || hash.digest("hex") !== digest)
    throw new JamesError("DIGEST_MISMATCH", `the content of blob ${digest} is not that`);
}
