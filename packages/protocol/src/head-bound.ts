import type { ClientRequest } from "node:http";

/** What may come before an answer begins, the handshake included, in bytes: Node's own bounds count neither blanks before a header's value nor informational answers. */
const MOST_BYTES = 1024 * 1024;
const LOOK_EVERY_MS = 500;

/** Ends a request whose server sends on and on without an answer: bytes that come keep a connection from being idle. */
export function boundHead(outgoing: ClientRequest): void {
  outgoing.once("socket", (socket) => {
    const before = socket.bytesRead;
    const look = setInterval(() => {
      if (socket.bytesRead - before > MOST_BYTES)
        outgoing.destroy(new Error(`more than ${MOST_BYTES} bytes came, and no answer`));
    }, LOOK_EVERY_MS).unref();
    const stop = (): void => clearInterval(look);
    outgoing.once("response", stop).once("close", stop);
  });
}
