import { type Digest, JamesError } from "@jamesd/model";

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
