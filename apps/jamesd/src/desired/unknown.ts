import { type DocumentKey, JamesError } from "@jamesd/model";

/** @returns SPEC_UNKNOWN for a spec, REVISION_UNKNOWN for a device without a desired state of its own */
export function unknownDocument({ kind, id }: DocumentKey, revision?: number): JamesError {
  const when = revision === undefined ? "" : ` at revision ${revision}`;
  if (kind === "spec")
    return new JamesError("SPEC_UNKNOWN", `there is no spec ${JSON.stringify(id)}${when}`, {
      hint: "See jamesd-ctl list-specs and jamesd-ctl history.",
    });
  return new JamesError("REVISION_UNKNOWN", `${id} has no desired state of its own${when}`, {
    hint: "Set one with set-desired-state; what specs want for it is in get-device.",
  });
}

/** Sees that there is a revision of this number; 0 is before the first. @throws JamesError REVISION_UNKNOWN */
export function requireRevision(number: number, newest: number): void {
  if (number <= newest) return;
  throw new JamesError("REVISION_UNKNOWN", `there is no revision ${number}; the newest is ${newest}`, {
    hint: "See jamesd-ctl history.",
  });
}
