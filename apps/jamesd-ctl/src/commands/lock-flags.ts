import { parsed, text } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { certificateId, plainSerial } from "@jamesd/pki/certificate-id";
import { readCertificates } from "@jamesd/pki/pem";
import type { LockedOut } from "@jamesd/protocol";
import { anyDeviceFlag } from "./id-flags.ts";

/** The flags that say whom a lock keeps out. */
export const LOCK_FLAGS = {
  id: { ...anyDeviceFlag, help: "every certificate of this common name: a device, or a person" },
  serial: parsed({
    value: "HEX",
    help: "the certificate with this serial number, as openssl x509 -noout -serial prints it",
    parse: parseSerial,
  }),
  certificate: text({ value: "FILE", help: "the certificate in this file" }),
};

/** Whom the flags name. @throws JamesError USAGE, FILE_UNREADABLE, CERTIFICATE_INVALID */
export function lockedBy({ id, serial, certificate }: LockGiven): LockedOut {
  const given: readonly LockedOut[] = [
    ...(id === undefined ? [] : [{ kind: "name" as const, name: id }]),
    ...(serial === undefined ? [] : [{ kind: "certificate" as const, serial, issuer: null }]),
    ...(certificate === undefined
      ? []
      : [{ kind: "certificate" as const, ...certificateId(readCertificates(certificate)[0]) }]),
  ];
  const [one, ...others] = given;
  if (one && others.length === 0) return one;
  throw new JamesError(
    "USAGE",
    `${others.length > 0 ? "more than one" : "none"} of --id, --serial and --certificate is given`,
    {
      hint: "Give one of them.",
    },
  );
}

/** @throws JamesError USAGE */
function parseSerial(written: string): string {
  try {
    return plainSerial(written);
  } catch (cause) {
    const { message, hint } = JamesError.from(cause);
    // It is a word that was written wrongly, and no certificate.
    throw new JamesError("USAGE", message, { hint, cause });
  }
}

interface LockGiven {
  readonly id: string | undefined;
  readonly serial: string | undefined;
  readonly certificate: string | undefined;
}
