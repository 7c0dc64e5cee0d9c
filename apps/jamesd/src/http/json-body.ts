import type { IncomingMessage } from "node:http";
import { JamesError } from "@jamesd/model";
import { GatheredBytes } from "@jamesd/protocol";
import type { FastifyBodyParser, FastifyContentTypeParser } from "fastify";

/**
 * Reads bodies of JSON. Fastify's own way keeps each piece until all have come: in pieces of a byte, a body took five
 * hundred times its length.
 */
export function jsonBodies(parse: FastifyBodyParser<string>): FastifyContentTypeParser {
  return (request, payload, done) =>
    gather(payload, request.routeOptions.bodyLimit ?? 0, (error, text) =>
      error ? done(error) : void parse(request, text, done),
    );
}

/** Reads a body of at most so many bytes, by events: to wait for each piece takes ten times as long. */
export function gather(
  payload: IncomingMessage,
  most: number,
  done: (error: Error | null, text: string) => void,
): void {
  const announced = Number(payload.headers["content-length"] ?? 0);
  const body = new GatheredBytes(Math.min(announced, most));
  const end = (error: Error | null): void => {
    payload.off("data", take).off("end", whole).off("error", end);
    done(error, error ? "" : body.whole().toString());
  };
  const take = (piece: Buffer): void => {
    if (body.size + piece.length > most) end(tooLong(most));
    else body.add(piece);
  };
  const whole = (): void => end(null);
  if (announced > most) end(tooLong(most));
  else payload.on("data", take).on("end", whole).on("error", end);
}

function tooLong(most: number): JamesError {
  return new JamesError("REQUEST_INVALID", `the body of the request is longer than ${most} bytes`);
}
