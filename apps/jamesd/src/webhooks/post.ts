import { request as plain } from "node:http";
import { type RequestOptions, request as secure } from "node:https";
import type { SecureContext } from "node:tls";
import type { Receiver } from "./receiver.ts";

/** For all of it: the connection, the request and the beginning of the answer. */
const LONGEST_MS = 10_000;
const MOST_HEADER_BYTES = 16 * 1024;

/** What is sent. */
export interface Letter {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whose certificates receivers may have. */
  readonly context: SecureContext;
  /** Aborts when it is not to be sent any more. */
  readonly signal: AbortSignal;
}

/**
 * Sends a letter once. Nothing is read of the answer but its status, and nobody is followed to where it points.
 * @returns the status @throws Error when none came
 */
export function post({ url }: Receiver, { body, headers, context, signal }: Letter): Promise<number> {
  const options: RequestOptions = {
    method: "POST",
    headers: { ...headers, "content-length": Buffer.byteLength(body), connection: "close" },
    agent: false,
    maxHeaderSize: MOST_HEADER_BYTES,
    signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]),
    ...(url.protocol === "https:" && { secureContext: context, rejectUnauthorized: true }),
  };
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === "https:" ? secure : plain)(url, options);
    sent.on("error", reject);
    sent.on("close", () => reject(new Error("the connection was closed without an answer")));
    sent.on("response", ({ statusCode = 0 }) => {
      resolve(statusCode);
      sent.destroy();
    });
    sent.end(body);
  });
}
