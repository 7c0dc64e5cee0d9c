import { createPrivateKey, webcrypto } from "node:crypto";
import { JamesError } from "@jamesd/model";
import { ECDSA, exportKey, makeKeys, makeSerial, validity } from "./generate.ts";
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "./x509.ts";

/** A certificate and its private key (PKCS #8), both PEM. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority, ready to sign. */
export interface Authority {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

const CA_DAYS = 20 * 365;

/**
 * Makes a self-signed authority that may sign leaves only (path length 0). Its name carries part of its serial number,
 * so that a message about two authorities tells them apart. `now` in milliseconds.
 */
export function makeAuthority(now: number): Promise<PemPair> {
  return makeRoot("jamesd CA", now);
}

/** Makes an authority as `makeAuthority` does, whose certificates are of devices: it is another root, of another name. */
export function makeDeviceAuthority(now: number): Promise<PemPair> {
  return makeRoot("jamesd device CA", now);
}

async function makeRoot(name: string, now: number): Promise<PemPair> {
  const keys = await makeKeys();
  const serialNumber = makeSerial();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber,
    name: new Name([{ CN: [{ utf8String: `${name} ${serialNumber.slice(-8)}` }] }]),
    ...validity(now, CA_DAYS),
    signingAlgorithm: ECDSA,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${certificate.toString("pem")}\n`, key: await exportKey(keys.privateKey) };
}

/** Reads an authority that `makeAuthority` made. @throws JamesError CERTIFICATE_INVALID */
export async function openAuthority(pair: PemPair): Promise<Authority> {
  const certificate = parseCertificate(pair.cert);
  const key = await parseKey(pair.key);
  if (!(certificate.getExtension(BasicConstraintsExtension)?.ca ?? false))
    throw new JamesError("CERTIFICATE_INVALID", "the CA's certificate may not sign certificates", {
      hint: "Use the ca.crt that pkitool --init made.",
    });
  if (!(await signsFor(key, certificate)))
    throw new JamesError("CERTIFICATE_INVALID", "the CA's key does not belong to its certificate", {
      hint: "Use the ca.crt and ca.key of one and the same pkitool --init.",
    });
  return { certificate, key };
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new JamesError("CERTIFICATE_INVALID", "the CA's certificate is not a PEM certificate", { cause });
  }
}

async function parseKey(pem: string): Promise<webcrypto.CryptoKey> {
  try {
    // By way of node:crypto, which also reads the older "EC PRIVATE KEY" form.
    const der = createPrivateKey(pem).export({ format: "der", type: "pkcs8" });
    return await webcrypto.subtle.importKey("pkcs8", der, ECDSA, true, ["sign"]);
  } catch (cause) {
    throw new JamesError("CERTIFICATE_INVALID", "the CA's key is not a PEM key of the kind ECDSA P-256", {
      hint: "pkitool signs with an authority of its own making; use openssl with an authority of another kind.",
      cause,
    });
  }
}

async function signsFor(key: webcrypto.CryptoKey, certificate: X509Certificate): Promise<boolean> {
  const probe = new TextEncoder().encode("jamesd");
  const signature = await webcrypto.subtle.sign(ECDSA, key, probe);
  try {
    const publicKey = await certificate.publicKey.export(ECDSA, ["verify"]);
    return await webcrypto.subtle.verify(ECDSA, publicKey, signature, probe);
  } catch {
    return false; // a public key of another kind cannot be read as ECDSA P-256
  }
}
