import { X509Certificate } from "node:crypto";
import { JamesError } from "@jamesd/model";
import type * as wire from "@jamesd/protocol";
import type { ListedEnrollment } from "../../enrollment/approvals.ts";
import type { EnrollToken } from "../../repository/enroll-token-store.ts";
import type { Answer } from "./answer.ts";

/** A token as it goes over the wire: what is kept of its secret does not. */
export function wireEnrollToken({
  id,
  device,
  secretDigest: _,
  ...rest
}: EnrollToken): Answer<wire.EnrollToken> {
  return { ...rest, token: id, id: device };
}

/** Somebody who wants to join, as it goes over the wire. */
export function wireEnrollment({
  device,
  isTaken,
  place: _,
  ...rest
}: ListedEnrollment): Answer<wire.Enrollment> {
  return { ...rest, id: device, taken: isTaken };
}

/** @throws JamesError REQUEST_INVALID */
export function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new JamesError("REQUEST_INVALID", "it is not a certificate in PEM", { cause });
  }
}
