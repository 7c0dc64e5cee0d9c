import { createHash } from "node:crypto";
import type { Digest } from "@jamesd/model";

/** The digest of a content, read in constant memory. */
export async function hashStream(content: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
}
