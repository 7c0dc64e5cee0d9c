import type { OutgoingHttpHeaders } from "node:http";

/** What a request of HTTP/1.1 says. */
export interface Request {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | undefined;
}

const PATH = /^\/[!-~]*$/;
const NAME = /^[\w-]+$/;
const VALUE = /^[\t -~\x80-\xFF]*$/;

/** A request as bytes. @param host as the address names it @throws TypeError when something in it would end a line */
export function requestBytes({ method, path, headers, body }: Request, host: string): Buffer {
  const length = body || method !== "GET" ? { "content-length": body?.length ?? 0 } : {};
  const given = Object.entries({ host, connection: "keep-alive", ...headers, ...length });
  const lines = given.flatMap(([name, value]) => (value === undefined ? [] : [lineOf(name, String(value))]));
  if (!PATH.test(path)) throw new TypeError(`${JSON.stringify(path)} is no path of a request`);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  return body ? Buffer.concat([head, body]) : head;
}

function lineOf(name: string, value: string): string {
  if (NAME.test(name) && VALUE.test(value)) return `${name}: ${value}\r\n`;
  throw new TypeError(`${JSON.stringify(`${name}: ${value}`)} is no field of a request`);
}
