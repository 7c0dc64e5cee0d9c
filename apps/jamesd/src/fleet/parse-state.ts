import { type DeviceState, JamesError, parseApps, parseTags, stateDigest } from "@jamesd/model";

/** Checks what a device says it has, and that it is what its digest names. @throws JamesError REQUEST_INVALID, TAG_INVALID, NAME_INVALID, APP_DUPLICATE */
export function parseState(state: DeviceState, digest: string): DeviceState {
  const parsed = { systemtags: parseTags(state.systemtags), apps: parseApps(state.apps) };
  if (stateDigest(parsed) === digest) return parsed;
  throw new JamesError("REQUEST_INVALID", "the digest in the check-in is not that of its state");
}
