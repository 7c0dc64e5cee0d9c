import type * as wire from "@jamesd/protocol";
import type { Revocation } from "../../repository/revocation-store.ts";
import type { Answer } from "./answer.ts";

/** Somebody who is locked out, as it goes over the wire. */
export function wireRevocation(revocation: Revocation): Answer<wire.Revocation> {
  const { reason, author, address, time } = revocation;
  return { locked: lockedOf(revocation), reason, author, address, time };
}

function lockedOf(revocation: Revocation): wire.LockedOut {
  const { kind } = revocation;
  if (kind === "name") return { kind, name: revocation.name };
  return { kind, serial: revocation.serial, issuer: revocation.issuer };
}
