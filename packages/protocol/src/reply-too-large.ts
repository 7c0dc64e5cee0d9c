import { JamesError } from "@jamesd/model";

/** Of an answer that has more bytes than the client reads. */
export function replyTooLarge(most: number): JamesError {
  return new JamesError("REPLY_TOO_LARGE", `the server's answer has more than ${most} bytes`, {
    hint: "Is it jamesd that listens there? Of a packet, jamesc --limits entries=N says how much it may be.",
  });
}
