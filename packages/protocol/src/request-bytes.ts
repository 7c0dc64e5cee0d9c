import type { OutgoingHttpHeaders } from "node:http";
import type { WireRoute } from "./wire.ts";

/** What a request of HTTP/1.1 says. */
export interface Request {
  readonly method: WireRoute["method"];
  /** With its query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** "stream": it is sent behind these bytes. */
  readonly body: Buffer | "stream" | undefined;
}

const PATH = /^\/[!-~]*$/;
const NAME = /^[\w-]+$/;
const VALUE = /^[\t -~\x80-\xFF]*$/;

/** A request as bytes. @param host as the address names it @throws TypeError when something in it would end a line */
export function requestBytes({ method, path, headers, body }: Request, host: string): Buffer {
  const fields = { host, connection: "keep-alive", ...headers, ...lengthOf(method, headers, body) };
  const given = Object.entries(fields);
  const lines = given.flatMap(([name, value]) => (value === undefined ? [] : [lineOf(name, String(value))]));
  if (!PATH.test(path)) throw new TypeError(`${JSON.stringify(path)} is no path of a request`);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  return body instanceof Buffer ? Buffer.concat([head, body]) : head;
}

/** True of a request that says no length: pieces of its body have theirs. */
export function isInPieces(headers: OutgoingHttpHeaders): boolean {
  return headers["content-length"] === undefined;
}

function lengthOf(
  method: Request["method"],
  headers: OutgoingHttpHeaders,
  body: Request["body"],
): OutgoingHttpHeaders {
  if (body === "stream") return isInPieces(headers) ? { "transfer-encoding": "chunked" } : {};
  return body || method !== "GET" ? { "content-length": body?.length ?? 0 } : {};
}

function lineOf(name: string, value: string): string {
  if (NAME.test(name) && VALUE.test(value)) return `${name}: ${value}\r\n`;
  throw new TypeError(`${JSON.stringify(`${name}: ${value}`)} is no field of a request`);
}
