import type { ConnectionOptions } from "node:tls";
import { checkServer } from "./check-server.ts";
import type { Way } from "./proxy.ts";
import { TLS } from "./tls.ts";

/** When nothing is heard on a connection for so long, the system asks whether the other side is still there. */
export const KEEP_ALIVE_MS = 15_000;
/** So many connections at the same time, of questions and of streams each. */
export const MOST_CONNECTIONS = 8;

/** How to prove who we are, and to whom; PEM texts. */
export interface ClientCredentials {
  readonly ca: string | Buffer;
  /** Left out, with its key, by who has none yet. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/** Where the server is, and how it is known. */
export interface ServerPlace {
  readonly address: Way;
  /** The name in the server's certificate, whatever its address. */
  readonly serverName: string;
  /** Whoever answers is believed to be the server: for what is compared with something else. */
  readonly believesAnyone?: true;
}

/** How a connection is made, of what differs from server to server. */
export function placeOptions(
  { address, serverName }: ServerPlace,
  { ca, cert, key }: ClientCredentials,
): ConnectionOptions {
  return {
    host: address.host || "localhost",
    port: address.port,
    servername: serverName,
    ...{ ca, ...(cert && { cert }), ...(key && { key }) },
  };
}

/** How a server proves itself. */
export function proofOptions({ believesAnyone }: ServerPlace): ConnectionOptions {
  // Always said: else Node believes anyone where the environment has NODE_TLS_REJECT_UNAUTHORIZED=0.
  return { ...TLS, checkServerIdentity: checkServer, rejectUnauthorized: !believesAnyone };
}
