import type { Hash } from "node:crypto";
import { type Digest, JamesError } from "@jamesd/model";

/** A content that a transaction needs and the state directory does not hold. */
export interface Wanted {
  readonly digest: Digest;
  readonly size: number;
  /** Where it goes once it is whole and verified. */
  readonly file: string;
  /** Where it is until then, when it is not written at once. */
  readonly part: string;
  /** Scripts stay where they are fetched to, and must be durable there; files are made so when they are staged. */
  readonly isScript: boolean;
}

/** Sees that what came is what was wanted. @throws JamesError SERVER_UNREACHABLE when it is too short, DIGEST_MISMATCH when it is something else */
export function verify({ digest, size }: Wanted, came: number, hash: Hash): void {
  if (came < size)
    throw new JamesError(
      "SERVER_UNREACHABLE",
      `the download of blob ${digest} ended ${size - came} bytes early`,
    );
  if (came > size || hash.digest("hex") !== digest)
    throw new JamesError("DIGEST_MISMATCH", `the content that came for blob ${digest} is not that`);
}

/** True for the error that says: what came is something else. */
export function isMismatch(cause: unknown): boolean {
  return cause instanceof JamesError && cause.code === "DIGEST_MISMATCH";
}
