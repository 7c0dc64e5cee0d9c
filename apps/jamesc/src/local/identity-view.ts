import { createPrivateKey, createPublicKey } from "node:crypto";
import { JamesError } from "@jamesd/model";
import { keyFingerprint } from "@jamesd/pki/public-key";
import { chooseIdentity, type IdentityPlaces } from "../identity/choose.ts";
import { renewalTime } from "../identity/due.ts";
import { identityPaths, type PendingRequest, readNext, requestOf } from "../identity/saved-identity.ts";

/** Who this device is, for people: by which certificate, until when, and what becomes of it. */
export function viewIdentity(places: IdentityPlaces): object {
  try {
    const { identity, before, pending, warnings } = chooseIdentity(places);
    const { deviceId, credentials, issuer, starts, ends } = identity;
    return {
      device: deviceId,
      certificate: credentials.paths.cert,
      issuer,
      starts: time(starts),
      ends: time(ends),
      renews: time(renewalTime(identity)),
      ...(before && { before: before.credentials.paths.cert }),
      ...(pending && { request: viewRequest(pending) }),
      ...(warnings.length > 0 && { warnings }),
    };
  } catch (thrown) {
    const { message } = JamesError.from(thrown);
    const request = requestIn(places.stateDir);
    return {
      problem: message,
      ...(request && { request: { device: request.name, ...viewRequest(request) } }),
    };
  }
}

function viewRequest({ key, problem }: PendingRequest): object {
  return {
    key: fingerprintOf(key),
    ...(problem && { problem: `${problem.message} [${problem.code}]`, since: time(problem.since) }),
  };
}

/** By it an operator knows the request. */
function fingerprintOf(key: string): string {
  try {
    return keyFingerprint(createPublicKey(createPrivateKey(key)));
  } catch {
    return "damaged";
  }
}

function requestIn(stateDir: string): PendingRequest | undefined {
  try {
    return requestOf(readNext(identityPaths(stateDir).next));
  } catch {
    return undefined;
  }
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
