import type * as wire from "@jamesd/protocol";
import type { KnownRevocation } from "../../fleet/lock-out.ts";
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

/** The same with whose a certificate is, as far as that is known. */
export function wireKnownRevocation({ holders, ...revocation }: KnownRevocation): Answer<wire.Revocation> {
  const known = holders.map(({ device, fingerprint }) => ({ device, fingerprint }));
  return { ...wireRevocation(revocation), ...(known.length > 0 && { holders: known }) };
}
