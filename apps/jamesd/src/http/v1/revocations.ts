import type * as wire from "@jamesd/protocol";
import type { Revocation } from "../../repository/revocation-store.ts";
import type { Answer } from "./answer.ts";

/** Somebody who is locked out, as it goes over the wire. */
export function wireRevocation({
  locked,
  reason,
  author,
  address,
  time,
}: Revocation): Answer<wire.Revocation> {
  return { locked, reason, author, address, time };
}
