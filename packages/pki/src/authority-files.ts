import type { X509Certificate } from "node:crypto";
import { invalid, oneLine, parseKey, readCertificates, readText } from "./pem.ts";

/** The two PEM files of an authority; without a key it is known, and somebody else signs with it. */
export interface AuthorityFiles {
  readonly cert: string;
  readonly key: string | undefined;
}

/** An authority as it is in its files. */
export interface LoadedAuthority {
  /** Of whom what it signed is taken; of several the first is that of the key. */
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
  /** In PEM. */
  readonly key: string | undefined;
}

/** Reads an authority, and sees that it is one and that its key is its own. @throws JamesError FILE_UNREADABLE, CERTIFICATE_INVALID */
export function loadAuthority({ cert, key: keyPath }: AuthorityFiles): LoadedAuthority {
  const certificates = readCertificates(cert);
  const other = certificates.find(({ ca }) => !ca);
  if (other)
    throw invalid(
      `${cert} holds the certificate of ${oneLine(other.subject)}, which may not sign certificates`,
      "Use the device-ca.crt that pkitool --init-device-ca made.",
    );
  if (keyPath === undefined) return { certificates, key: undefined };
  const key = readText(keyPath);
  const parsedKey = parseKey(key, keyPath);
  const signer = certificates.find((one) => one.checkPrivateKey(parsedKey));
  if (!signer)
    throw invalid(
      `the key ${keyPath} does not belong to a certificate in ${cert}`,
      "Name the .crt and .key that were made together.",
    );
  return { certificates: [signer, ...certificates.filter((one) => one !== signer)], key };
}
