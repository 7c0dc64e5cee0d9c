import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { JamesError } from "@jamesd/model";

/**
 * Answers what cannot be read as a request of HTTP, in the form of every other refusal, and closes the connection. One
 * whose handshake has failed or never ended is also handed over here: there is nobody to answer, and an end that is
 * said politely would wait for that handshake for ever.
 */
export function refuseGarbage(thrown: Error & { code?: string }, socket: Socket): void {
  if (thrown.code === "ECONNRESET" || !socket.writable || !(socket as TLSSocket).authorized) {
    socket.destroy();
    return;
  }
  const tooLong = thrown.code === "HPE_HEADER_OVERFLOW";
  const message = tooLong ? "the request's headers are too long" : "this is not a request of HTTP/1.1";
  const body = JSON.stringify(new JamesError("REQUEST_INVALID", message).toBody());
  const head = [
    `HTTP/1.1 ${tooLong ? "431 Request Header Fields Too Large" : "400 Bad Request"}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "cache-control: no-store",
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
