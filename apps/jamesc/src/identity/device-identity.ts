import { X509Certificate } from "node:crypto";
import { JamesError } from "@jamesd/model";
import {
  type CredentialPaths,
  type Credentials,
  checkCredentials,
  checkPair,
  loadCredentials,
} from "@jamesd/pki/credentials";
import { readIdentity } from "@jamesd/pki/identity";
import { isHangUp } from "../cause-code.ts";
import type { SavedIdentity } from "./saved-identity.ts";

/**
 * Where an identity is from:
 * - "files": the files that `--cert`, `--key` and `--ca` name, which people put there;
 * - "saved": identity.json, from a server that has been reached with it;
 * - "next": identity-next.json, from a server that has not been reached with it yet.
 */
export type Place = "files" | "saved" | "next";

/** Who this device is and how it proves it. */
export interface DeviceIdentity {
  readonly credentials: Credentials;
  readonly deviceId: string;
  readonly place: Place;
  /** From when and until when the certificate is good: milliseconds since the epoch. */
  readonly starts: number;
  readonly ends: number;
  readonly serial: string;
  /** The name of who issued it, in one line. */
  readonly issuer: string;
}

/**
 * Reads the certificates; the common name is the device's id. The clock is not looked at: a device without one that is
 * kept by a battery starts in 1970 and must still start. @throws JamesError FILE_UNREADABLE, CERTIFICATE_INVALID, ROLE_FORBIDDEN
 */
export function identityOfFiles(paths: CredentialPaths): DeviceIdentity {
  return identityOf(loadCredentials(paths), "files");
}

/** The same of what a server has issued. @throws JamesError CERTIFICATE_INVALID, ROLE_FORBIDDEN, naming the file that it is from */
export function identityOfSaved(
  { certificate, key, authorities }: SavedIdentity,
  path: string,
  place: Place,
): DeviceIdentity {
  const paths = { ca: path, cert: path, key: path };
  const texts = { ca: authorities, cert: certificate, key };
  return identityOf(checkPair({ ...texts, paths, isIssuedElsewhere: true }), place);
}

/** Explains a failed connection by what is wrong with our own certificates, when that can be the reason. */
export function explainConnection(
  credentials: Credentials,
  error: JamesError,
  now: number,
): JamesError | undefined {
  const mayBeOurs = error.class === "identity" || isHangUp(error);
  return mayBeOurs ? checkCredentials(credentials, now, "client") : undefined;
}

function identityOf(credentials: Credentials, place: Place): DeviceIdentity {
  const certificate = new X509Certificate(credentials.cert);
  const { name, role } = readIdentity(certificate, { operators: [], viewers: [] });
  if (role !== "device")
    throw new JamesError(
      "ROLE_FORBIDDEN",
      `the certificate ${credentials.paths.cert} is of the ${role} ${name}, not a device's`,
      {
        hint: "Use one that pkitool --add-client made.",
      },
    );
  return {
    credentials,
    deviceId: name,
    place,
    starts: Date.parse(certificate.validFrom),
    ends: Date.parse(certificate.validTo),
    serial: certificate.serialNumber.toLowerCase(),
    issuer: certificate.issuer.replaceAll("\n", ", "),
  };
}
