/** Every kind of event, in the order in which they are described. */
export const EVENT_KINDS = [
  "packet-added",
  "packet-removed",
  "revision",
  "rollout",
  "device-added",
  "device-changed",
  "device-removed",
  "transaction",
  "device-halted",
  "device-doubled",
  "device-adopted",
  "device-tagged",
  "retry",
  "go",
  "revoked",
  "unrevoked",
  "token-made",
  "token-revoked",
  "enrollment-waiting",
  "enrollment-approved",
  "enrollment-rejected",
  "device-enrolled",
  "drift",
  "reinstall",
  "verify",
  "verified",
  "renew",
  "certificate-issued",
  "certificate-replaced",
  "certificate-cloned",
  "certificates-end",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

/** Whether an event is of a kind that this version knows. */
export function isKnownKind(kind: string): kind is EventKind {
  return KNOWN.has(kind);
}

const KNOWN: ReadonlySet<string> = new Set(EVENT_KINDS);
