import { JamesError } from "@jamesd/model";

/**
 * A refusal of who asks too often. It is told only after a while: to say so costs as much as to answer, and whoever does
 * not heed it would have as many of them as it liked.
 */
export class HeldRefusal extends JamesError {
  /** So long it is held back, in milliseconds. */
  static readonly MS = 1000;

  constructor({ code, message, hint, retryAfterMs = 0 }: JamesError) {
    super(code, message, { hint, retryAfterMs: Math.max(HeldRefusal.MS, retryAfterMs) });
  }
}
