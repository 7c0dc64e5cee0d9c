import {
  type DocumentChange,
  type DocumentContent,
  type DocumentKey,
  isoTime,
  JamesError,
  type Revision,
  sameContent,
  shellWord,
} from "@jamesd/model";

/**
 * True when a change changes something of what a document says at a revision, 0 and null where there is none, or is to be said again. What is so
 * already follows whatever it was meant to follow. @throws JamesError REVISION_CONFLICT
 */
export function isReal(change: DocumentChange, revision: number, content: DocumentContent | null): boolean {
  if (isOvertaken(change, revision, content)) throw revisionConflict(change, revision);
  return change.isRepeated === true || !sameContent(content, change.content);
}

/** True when a change would undo what somebody else made of the document since the revision that it expects. */
export function isOvertaken(
  { expected, isRepeated, content }: DocumentChange,
  revision: number,
  current: DocumentContent | null,
): boolean {
  if (isRepeated || expected === undefined || expected === revision) return false;
  return !sameContent(current, content);
}

/** Why a change is not made that expects another revision than the present one. @param last by which the document changed last; undefined: not known */
export function revisionConflict(
  { kind, id, expected }: DocumentKey & Pick<DocumentChange, "expected">,
  revision: number,
  last?: Pick<Revision, "number" | "author" | "time" | "message">,
): JamesError {
  const what = kind === "device" ? `desired state of ${id}` : `spec ${id}`;
  const has = revision === 0 ? "is not there (revision 0)" : `is at revision ${revision}`;
  const since = last && last.number > (expected ?? 0) ? `: ${changedText(last, revision)}` : "";
  const get = kind === "device" ? "get-desired-state" : "get-spec";
  return new JamesError(
    "REVISION_CONFLICT",
    `the ${what} ${has}, not at revision ${expected} as expected${since}`,
    {
      hint: `Read what it is now (jamesd-ctl ${get} --id ${shellWord(id)}), apply your change to that, and set it again; to set yours whatever others changed, give --force, or leave out revision.`,
    },
  );
}

function changedText(
  { number, author, time, message }: Pick<Revision, "number" | "author" | "time" | "message">,
  revision: number,
): string {
  const did = revision === 0 ? `removed it in revision ${number}` : "changed it";
  const why = message === "" ? "" : `, ${JSON.stringify(message)}`;
  return `${author} ${did} at ${isoTime(time)}${why}`;
}
