import { createPrivateKey, createPublicKey } from "node:crypto";
import { isoTime } from "@jamesd/model";
import { keyFingerprint } from "@jamesd/pki/public-key";
import { chooseIdentity, type IdentityPlaces } from "../identity/choose.ts";
import type { DeviceIdentity } from "../identity/device-identity.ts";
import { isNotOffered, renewalTime } from "../identity/due.ts";
import { identityPaths, type PendingRequest, readNext, requestOf } from "../identity/saved-identity.ts";
import { codedError } from "../transaction/disk/device-error.ts";

/** Who this device is, for people: by which certificate, until when, and what becomes of it. */
export function viewIdentity(places: IdentityPlaces): object {
  try {
    const { identity, before, pending, warnings } = chooseIdentity(places);
    const { deviceId, credentials, issuer, starts, ends } = identity;
    return {
      device: deviceId,
      certificate: credentials.paths.cert,
      issuer,
      starts: isoTime(starts),
      ends: isoTime(ends),
      ...viewRenewal(identity, pending),
      ...(before && { before: before.credentials.paths.cert }),
      ...(pending && { request: viewRequest(pending) }),
      ...(warnings.length > 0 && { warnings }),
    };
  } catch (thrown) {
    const { message } = codedError(thrown);
    const request = requestIn(places.stateDir);
    return {
      problem: message,
      ...(request && { request: { device: request.name, ...viewRequest(request) } }),
    };
  }
}

/**
 * When another certificate comes by itself. Of one that people have put there it is not known before it is asked for
 * whether the server issues any.
 */
function viewRenewal(identity: DeviceIdentity, pending: PendingRequest | undefined): object {
  const { problem } = pending ?? {};
  if (problem && isNotOffered(problem.code))
    return {
      renewal: `the server renews none, as it said at ${isoTime(problem.asked ?? problem.since)}: put another one in its place before it ends`,
    };
  const at = isoTime(renewalTime(identity));
  return identity.place === "files" ? { asksForAnother: at } : { renews: at };
}

function viewRequest({ key, problem }: PendingRequest): object {
  return {
    key: fingerprintOf(key),
    ...(problem && { problem: `${problem.message} [${problem.code}]`, since: isoTime(problem.since) }),
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
