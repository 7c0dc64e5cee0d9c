/** An error as somebody else tells it: its code may be of a later version. */
interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

const MOST_CODE = 64;
/** Of a message, and of a hint: a path may be in it, of 4096 bytes at most. */
const MOST_TEXT = 5000;

/** A text of at most so many characters; of a longer one the beginning, with a mark that something is missing. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  // Not half of a character that takes two.
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** The same error with texts of a sane length: what programs said is in them, and who tells it may be anybody. */
export function clipError<E extends ToldError>(error: E): E {
  return {
    ...error,
    code: clip(error.code, MOST_CODE),
    message: clip(error.message, MOST_TEXT),
    ...(error.hint !== undefined && { hint: clip(error.hint, MOST_TEXT) }),
  };
}
