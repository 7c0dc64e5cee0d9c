// The agent uses this file on Node 20: nothing newer and no library here.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { JamesError } from "@jamesd/model";

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates of a PEM file, of which there is at least one. @throws JamesError FILE_UNREADABLE, CERTIFICATE_INVALID */
export function readCertificates(path: string): readonly [X509Certificate, ...X509Certificate[]] {
  return parseCertificates(readText(path), path);
}

/** What is usually to be done. */
const NAME_IT =
  "Name the file with --ca, --cert or --key, and see that this user may read it; pkitool makes them.";

/** @throws JamesError FILE_UNREADABLE, with the hint where this user may read the file */
export function readText(path: string, hint = NAME_IT): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unreadable(path, hint, cause);
  }
}

/** Says why a file cannot be read, and what to do: with the hint, or what lets this user read it. */
export function unreadable(path: string, hint: string, cause: unknown): JamesError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new JamesError("FILE_UNREADABLE", `cannot read ${path}: ${message}`, {
    hint: code === "EACCES" ? openingHint(path) : hint,
    cause,
  });
}

/** Such as for a server with a user of its own, of files that pkitool made for root. */
function openingHint(path: string): string {
  const user = process.geteuid?.();
  return canBeReached(path)
    ? `This runs as user ${user}, who may not read it: chown ${user} ${path}`
    : `This runs as user ${user}, who may not enter a folder above it: chmod a+x that one, which namei -l ${path} shows.`;
}

function canBeReached(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The certificates of a PEM text, of which there is at least one; messages name the path. @throws JamesError CERTIFICATE_INVALID */
export function parseCertificates(
  pem: string,
  path: string,
): readonly [X509Certificate, ...X509Certificate[]] {
  const [first, ...more] = pem.match(PEM_CERTIFICATE) ?? [];
  if (first === undefined)
    throw invalid(`${path} holds no PEM certificate`, 'Its text has to have a line "BEGIN CERTIFICATE".');
  try {
    return [new X509Certificate(first), ...more.map((block) => new X509Certificate(block))];
  } catch (cause) {
    throw invalid(`${path} holds a certificate that cannot be read`, "Copy the file again.", cause);
  }
}

/** The private key of a PEM text; messages name the path. @throws JamesError CERTIFICATE_INVALID */
export function parseKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    if (pem.includes("ENCRYPTED"))
      throw invalid(`the key ${path} is protected by a passphrase`, "Use a key without one.", cause);
    throw invalid(
      `${path} holds no PEM private key`,
      'Its text has to have a line "BEGIN PRIVATE KEY".',
      cause,
    );
  }
}

/** DER as a PEM text, under a label such as `CERTIFICATE`. */
export function writePem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** @returns CERTIFICATE_INVALID */
export function invalid(message: string, hint: string, cause?: unknown): JamesError {
  return new JamesError("CERTIFICATE_INVALID", message, { hint, cause });
}

/** A name of X.509 as messages have it. */
export function oneLine(name: string): string {
  return JSON.stringify(name.replaceAll("\n", ", "));
}
