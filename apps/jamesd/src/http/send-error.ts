import { JamesError } from "@jamesd/model";
import { STATUS_OF_CLASS } from "@jamesd/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FailedRequests } from "./failed-requests.ts";
import { HeldRefusal } from "./held-refusal.ts";
import { readAway } from "./read-away.ts";
import { UNCACHED } from "./reply.ts";

const KEPT_OUT: ReadonlySet<string> = new Set(["CERTIFICATE_REPLACED", "CERTIFICATE_REVOKED"]);

/** Answers with what was thrown, in the one form of every refusal, and by which id it is in the log. */
export function sendError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  failed: FailedRequests,
): void {
  const error = toJamesError(thrown, request.id);
  // Who left is no failure, whatever that breaks: nobody is there to be told either.
  const hasLeft = request.raw.socket.destroyed;
  const said = { request: request.id, method: request.method, url: request.url };
  failed.note(said, error, thrown, hasLeft);
  if (!request.raw.complete) {
    reply.removeHeader("connection");
    readAway(request.raw);
  }
  // Who is locked out keeps nothing open here.
  if (KEPT_OUT.has(error.code)) reply.header("connection", "close");
  // RFC 9110, section 10.2.3.
  if (error.retryAfterMs !== undefined)
    reply.header("retry-after", String(Math.ceil(error.retryAfterMs / 1000)));
  const answer = (): void =>
    void reply
      .code(STATUS_OF_CLASS[error.class])
      .headers({ ...UNCACHED, "x-request-id": request.id })
      .send(error.toBody());
  if (thrown instanceof HeldRefusal) setTimeout(answer, HeldRefusal.MS).unref();
  else answer();
}

function toJamesError(thrown: unknown, id: string): JamesError {
  if (thrown instanceof JamesError) return thrown;
  const { statusCode = 500, message } = thrown as { statusCode?: number; message: string };
  if (statusCode < 500) return new JamesError("REQUEST_INVALID", message, { cause: thrown });
  return new JamesError("INTERNAL", `the server failed; its log says why: request ${id}`, { cause: thrown });
}
