import { isoTime, JamesError, type Tag } from "@jamesd/model";
import type { Token } from "@jamesd/pki/token";
import { type CertificateReply, Client } from "@jamesd/protocol/device";
import { ENROLL_WIRE } from "@jamesd/protocol/enroll";
import { causeCode } from "../cause-code.ts";
import { describeAgent } from "../version.ts";
import { findAuthority, type Server } from "./find-authority.ts";

/** Who wants to join, and by what. */
export interface Joining {
  readonly server: Server;
  readonly id: string;
  /** The private key that the device has already, in PEM; undefined: it makes one. */
  readonly key: string | undefined;
  readonly token: Token | undefined;
  /** Without a token: who vouches for the server, in PEM. */
  readonly ca: string | undefined;
  readonly systemTags: readonly Tag[];
}

const CLOCK_CODES = new Set(["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"]);

/** Asks a server, once it has proved that it is the right one, to let this device join. @throws JamesError */
export async function askToJoin(
  { server, token, ca, systemTags }: Joining,
  request: string,
  signal: AbortSignal,
): Promise<CertificateReply> {
  const authority = token ? await findAuthority(server, token.authority, signal) : (ca ?? "");
  const client = new Client({ ...server, wire: ENROLL_WIRE, ca: authority, explain: explainClock });
  try {
    const proof = token && { id: token.id, secret: token.secret };
    const body = { request, ...(proof && { token: proof }), systemTags: [...systemTags] };
    return await client.call("enroll", { body: { ...body, version: describeAgent() }, signal });
  } finally {
    client.close();
  }
}

/** Of a device that starts in 1970 it is told why it believes nobody. */
function explainClock(error: JamesError): JamesError | undefined {
  if (!CLOCK_CODES.has(causeCode(error))) return undefined;
  const now = isoTime(Date.now());
  return new JamesError("SERVER_IDENTITY", `${error.message}, and this machine's clock says ${now}`, {
    hint: "Set the clock right; or give the server a certificate that has not ended.",
    cause: error,
  });
}
