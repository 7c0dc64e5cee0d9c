import { type Digest, JamesError } from "@jamesd/model";
import { errnoOf, storageError } from "./durable.ts";

/** The blob is not what its name says. */
export function damagedBlob(digest: Digest): JamesError {
  return new JamesError("BLOB_DAMAGED", `the blob ${digest} is damaged on the server`, {
    hint: "Check the server's disk; jamesd verify names every damaged blob. To mend one, add a packet with it again.",
  });
}

/** There is no such blob. */
export function unknownBlob(digest: string): JamesError {
  return new JamesError("BLOB_UNKNOWN", `there is no blob ${digest}`, {
    hint: "It may have been removed with the last packet that needed it.",
  });
}

/** Undefined in place of the error that there is no such blob. @throws any other */
export function nothingIfUnknown(thrown: unknown): undefined {
  if (thrown instanceof JamesError && thrown.code === "BLOB_UNKNOWN") return undefined;
  throw thrown;
}

/** @throws JamesError BLOB_UNKNOWN where it is not there any more, STORE_CORRUPT and the like */
export function unreadable(digest: Digest, thrown: unknown): never {
  if (errnoOf(thrown) === "ENOENT") throw unknownBlob(digest);
  throw storageError(thrown, `cannot read the blob ${digest}`);
}
