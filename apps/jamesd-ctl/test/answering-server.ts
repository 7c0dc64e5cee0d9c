import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { before } from "node:test";
import { issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { Client, WIRE } from "@jamesd/protocol/operator";

/** What was asked of the server, a request each. */
export interface Asked {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly prefer: IncomingHttpHeaders["prefer"];
  readonly body: Promise<string>;
}
/** What is answered; with a status and a code it is an error. */
export type Answer = object | { readonly status: number; readonly code: string };

let pair: { readonly ca: string; readonly cert: string; readonly key: string };
before(async () => {
  const { cert: ca, ...authority } = await makeAuthority(Date.now());
  const opened = await openAuthority({ cert: ca, ...authority });
  const { cert, key } = await issueCertificate(opened, { kind: "server", name: "jamesd" }, Date.now());
  pair = { ca, cert, key };
});

/** A server that answers each request by a function of it; gives what was asked. */
export async function withServer(
  answer: (asked: Asked, turn: number) => Answer,
  work: (client: Client, asked: readonly Asked[]) => Promise<void>,
): Promise<void> {
  const asked: Asked[] = [];
  const server = createServer({ cert: pair.cert, key: pair.key }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "https://jamesd");
    const query = Object.fromEntries(searchParams);
    const one = { path: pathname, query, prefer: request.headers.prefer, body: text(request) };
    const given = answer(one, asked.push(one) - 1);
    const isError = "code" in given && "status" in given;
    response.writeHead(isError ? given.status : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(isError ? { code: given.code, message: "no" } : given));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const client = new Client({
    wire: WIRE,
    address: { host: "127.0.0.1", port },
    serverName: "jamesd",
    ...pair,
  });
  try {
    await work(client, asked);
  } finally {
    client.close();
    server.closeAllConnections();
    server.close();
  }
}
