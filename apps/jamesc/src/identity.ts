import { X509Certificate } from "node:crypto";
import { JamesError } from "@jamesd/model";
import {
  type CredentialPaths,
  type Credentials,
  checkCredentials,
  loadCredentials,
} from "@jamesd/pki/credentials";
import { readIdentity } from "@jamesd/pki/identity";

/** Who this device is and how it proves it. */
export interface DeviceIdentity {
  readonly credentials: Credentials;
  readonly deviceId: string;
}

// What a server's refusal of our certificate can look like from here: with TLS 1.3 it may come as a bare hang-up.
const HANG_UPS = new Set(["ECONNRESET", "EPIPE"]);

/**
 * Reads the certificates; the common name is the device's id. The clock is not looked at: a device without one that is
 * kept by a battery starts in 1970 and must still start. @throws JamesError FILE_UNREADABLE, CERTIFICATE_INVALID, ROLE_FORBIDDEN
 */
export function readDeviceIdentity(paths: CredentialPaths): DeviceIdentity {
  const credentials = loadCredentials(paths);
  const { name, role } = readIdentity(new X509Certificate(credentials.cert), { operators: [], viewers: [] });
  if (role === "device") return { credentials, deviceId: name };
  throw new JamesError(
    "ROLE_FORBIDDEN",
    `the certificate ${paths.cert} is of the ${role} ${name}, not a device's`,
    {
      hint: "Use one that pkitool --add-client made.",
    },
  );
}

/** Explains a failed connection by what is wrong with our own certificates, when that can be the reason. */
export function explainConnection(
  credentials: Credentials,
  error: JamesError,
  now: number,
): JamesError | undefined {
  const { code = "" } = (error.cause ?? {}) as NodeJS.ErrnoException;
  const mayBeOurs = error.class === "identity" || HANG_UPS.has(code);
  return mayBeOurs ? checkCredentials(credentials, now, "client") : undefined;
}
