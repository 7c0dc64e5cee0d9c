import { createPrivateKey, X509Certificate } from "node:crypto";
import { JamesError } from "@jamesd/model";
import { makeSigningRequest } from "@jamesd/pki/signing-request";
import type { CertificateReply, Issued } from "@jamesd/protocol/device";
import { type DeviceIdentity, identityOfSaved } from "./device-identity.ts";
import {
  identityPaths,
  newKey,
  type PendingRequest,
  type Problem,
  readNext,
  requestOf,
  type SavedIdentity,
  writeNext,
} from "./saved-identity.ts";

/** What a server answers as long as nobody has decided. */
export type Waiting = Exclude<CertificateReply, Issued>;

/** Who asks, and where it keeps what it asks for. */
interface Asking {
  readonly name: string;
  readonly stateDir: string;
  /** The key to begin with, in PEM; a new one when left out. */
  readonly key?: string | undefined;
}

/**
 * Asks for a certificate. The key is durable before it is asked for, and what was issued before this returns: after a
 * crash the same is asked for, and what was issued is used.
 * @param ask sends a signing request
 * @param mayReplace sees that what was issued may be used @throws JamesError
 * @returns what is waited for; undefined: it is there
 * @throws JamesError what `ask` throws; DEVICE_IO; CERTIFICATE_INVALID when the answer is none to this request
 */
export async function obtain(
  { name, stateDir, key: first }: Asking,
  ask: (request: string) => Promise<CertificateReply>,
  mayReplace: (issued: DeviceIdentity) => void = () => undefined,
): Promise<Waiting | undefined> {
  const { key } = pendingRequest(name, stateDir) ?? begin(name, stateDir, first);
  const reply = await ask(makeSigningRequest(name, createPrivateKey(key)));
  if ("state" in reply) return reply;
  const { certificate, authorities } = reply;
  const issued = { certificate, key, authorities };
  mayReplace(checkIssued(issued, name));
  writeNext(stateDir, { name, ...issued });
  return undefined;
}

/** Notes why there is no certificate, so that people see it. Another key is asked for the next time, unless it waits. */
export function noteProblem({ name, stateDir }: Asking, problem: Problem, keepsKey: boolean): void {
  const pending = pendingRequest(name, stateDir);
  if (keepsKey && isSameProblem(pending?.problem, problem)) return;
  writeNext(stateDir, { name, key: (keepsKey ? pending?.key : undefined) ?? newKey(), problem });
}

function isSameProblem(known: Problem | undefined, { code, message, asked }: Problem): boolean {
  return known?.code === code && known.message === message && known.asked === asked;
}

/** The request for a name that is under way, where there is one that can be read. */
function pendingRequest(name: string, stateDir: string): PendingRequest | undefined {
  try {
    const next = readNext(identityPaths(stateDir).next);
    const request = next?.name === name ? requestOf(next) : undefined;
    return request && isKey(request.key) ? request : undefined;
  } catch {
    return undefined;
  }
}

function begin(name: string, stateDir: string, key = newKey()): PendingRequest {
  const request = { name, key };
  writeNext(stateDir, request);
  return request;
}

function isKey(pem: string): boolean {
  try {
    createPrivateKey(pem);
    return true;
  } catch {
    return false;
  }
}

function checkIssued(issued: SavedIdentity, name: string): DeviceIdentity {
  const identity = identityOfSaved(issued, "what the server issued", "next");
  // All of it, for it is what will have to be read.
  new X509Certificate(issued.authorities);
  if (identity.deviceId === name) return identity;
  throw new JamesError(
    "CERTIFICATE_INVALID",
    `the server issued a certificate of ${identity.deviceId}, not of ${name}`,
    {
      hint: "Ask whoever runs the server.",
    },
  );
}
