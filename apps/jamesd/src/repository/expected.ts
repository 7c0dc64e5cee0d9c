import { type DocumentChange, type DocumentContent, JamesError, sameContent } from "@jamesd/model";

/**
 * True when a change changes something of what a document says at a revision, 0 and null where there is none, or is to be said again. What is so
 * already follows whatever it was meant to follow. @throws JamesError REVISION_CONFLICT
 */
export function isReal(change: DocumentChange, revision: number, content: DocumentContent | null): boolean {
  if (change.isRepeated) return true;
  if (sameContent(content, change.content)) return false;
  checkExpected(change, revision);
  return true;
}

function checkExpected({ kind, id, expected }: DocumentChange, current: number): void {
  if (expected === undefined || expected === current) return;
  const what = kind === "device" ? `desired state of ${id}` : `spec ${id}`;
  const has = current === 0 ? "is not there (revision 0)" : `is at revision ${current}`;
  throw new JamesError("REVISION_CONFLICT", `the ${what} ${has}, not at revision ${expected} as expected`, {
    hint: "Read what it is now, apply your change to that, and set it again.",
  });
}
