import { JamesError } from "@jamesd/model";
import { parseCertificates } from "@jamesd/pki/pem";
import { keyFingerprint } from "@jamesd/pki/public-key";
import { Client, type Way } from "@jamesd/protocol/device";
import { ENROLL_WIRE, type EnrollClient } from "@jamesd/protocol/enroll";
import { isHangUp } from "../cause-code.ts";

/** A server, as a device that joins knows it. */
export interface Server {
  readonly address: Way;
  /** The name in its certificate. */
  readonly serverName: string;
}

/**
 * The authority that vouches for the server: the one of those that it names itself whose key has this fingerprint. Whoever
 * answers may name it; the server is who then proves itself by it, over another connection.
 * @param fingerprint as `keyFingerprint` @returns its certificate in PEM
 * @throws JamesError SERVER_IDENTITY when it is not named, CERTIFICATE_REFUSED by a listener that is not for joining
 */
export async function findAuthority(
  server: Server,
  fingerprint: string,
  signal: AbortSignal,
): Promise<string> {
  const client: EnrollClient = new Client({
    ...{ ...server, wire: ENROLL_WIRE, ca: "", believesAnyone: true },
    explain: (error) => explain(error, client.where),
  });
  try {
    const { authorities } = await client.call("getAuthorities", { signal });
    const all = parseCertificates(authorities, client.where);
    const found = all.find(({ publicKey }) => keyFingerprint(publicKey) === fingerprint);
    if (found) return found.toString();
    throw new JamesError("SERVER_IDENTITY", `${client.where} is not the server that made this token`, {
      hint: "See whether the address is right, for somebody else may answer there; or have a new token made.",
    });
  } finally {
    client.close();
  }
}

function explain(error: JamesError, where: string): JamesError | undefined {
  if (error.code !== "CERTIFICATE_REFUSED" && !isHangUp(error)) return undefined;
  return new JamesError(
    "CERTIFICATE_REFUSED",
    `${where} wants a certificate, and is no listener for joining`,
    {
      hint: "That is what jamesd --enroll-addr says, most often port 2762: name it with jamesc --enroll-addr.",
      cause: error,
    },
  );
}
