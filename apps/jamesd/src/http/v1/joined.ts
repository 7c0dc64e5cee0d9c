import type * as wire from "@jamesd/protocol";
import type { Joined } from "../../enrollment/joining.ts";
import type { Answer } from "./answer.ts";

/** What a device is answered that asks for a certificate, with its status; `authorities`: who vouches for the server, in PEM. */
export function wireJoined(
  joined: Joined,
  authorities: () => string,
): { readonly status: 201 | 202; readonly body: Answer<wire.CertificateReply> } {
  if (joined.state === "waiting") return { status: 202, body: joined };
  const { device, certificate } = joined;
  return { status: 201, body: { device, certificate, authorities: authorities() } };
}
