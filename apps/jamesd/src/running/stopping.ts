import { JamesError } from "@jamesd/model";

/** The answer to who is held when the server stops: it looks for the server again in a moment, not after its interval. */
export function stopping(retryAfterMs?: number): JamesError {
  return new JamesError("SERVER_STOPPING", "the server is stopping", {
    hint: "It may be back in a moment; try again.",
    retryAfterMs,
  });
}
