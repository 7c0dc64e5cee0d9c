import type { IncomingMessage } from "node:http";
import { JamesError } from "@jamesd/model";
import { GatheredBytes } from "@jamesd/protocol";
import type { FastifyBodyParser, FastifyContentTypeParser, FastifyRequest } from "fastify";
import { inSlices } from "../running/slices.ts";
import { jsonInSteps } from "./json-steps.ts";

/** A body that is longer, in bytes, is read in slices: of others that takes a few milliseconds. */
const LONG_BODY = 512 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Reads bodies of JSON. Fastify's own way keeps each piece until all have come: in pieces of a byte, a body took five
 * hundred times its length.
 */
export function jsonBodies(parse: FastifyBodyParser<string>): FastifyContentTypeParser {
  return (request, payload, done) =>
    gather(payload, request.routeOptions.bodyLimit ?? 0, (error, bytes) => {
      if (error) done(error);
      else if (bytes.length <= LONG_BODY) void parse(request, bytes.toString(), done);
      else
        inSlices(jsonInSteps(bytes, (text) => parsed(parse, request, text))).then(
          (body) => done(null, body),
          done,
        );
    });
}

/** What becomes of a text, told as it is used here: Fastify has it at once. */
function parsed(parse: FastifyBodyParser<string>, request: FastifyRequest, text: string): unknown {
  let body: unknown;
  void parse(request, text, (error, read) => {
    if (error) throw error;
    body = read;
  });
  return body;
}

/** Reads a body of at most so many bytes, by events: to wait for each piece takes ten times as long. */
export function gather(
  payload: IncomingMessage,
  most: number,
  done: (error: Error | null, bytes: Buffer) => void,
): void {
  const announced = Number(payload.headers["content-length"] ?? 0);
  const body = new GatheredBytes(Math.min(announced, most));
  const end = (error: Error | null): void => {
    payload.off("data", take).off("end", whole).off("error", end);
    done(error, error ? NOTHING : body.whole());
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
