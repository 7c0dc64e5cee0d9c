import { type DocumentChange, JamesError } from "@jamesd/model";

/** Sees that a document is at the revision that its change is meant to follow. @throws JamesError REVISION_CONFLICT */
export function checkExpected({ kind, id, expected }: DocumentChange, current: number): void {
  if (expected === undefined || expected === current) return;
  const what = kind === "device" ? `desired state of ${id}` : `spec ${id}`;
  const has = current === 0 ? "is not there (revision 0)" : `is at revision ${current}`;
  throw new JamesError("REVISION_CONFLICT", `the ${what} ${has}, not at revision ${expected} as expected`, {
    hint: "Read what it is now, apply your change to that, and set it again.",
  });
}
