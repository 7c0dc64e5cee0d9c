/** In place of Node's within the pages, which take no digests. */
export function createHash(): never {
  throw new Error("pages take no digests");
}
