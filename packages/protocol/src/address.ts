import { JamesError } from "@jamesd/model";

/** The port of the protocol. */
export const DEFAULT_PORT = 2761;

/** The usual port of the listener for joining. */
export const DEFAULT_ENROLL_PORT = 2762;

/** Where a server listens or is to be found; an empty host means every address (or localhost, to connect). */
export interface Address {
  readonly host: string;
  readonly port: number;
}

// Behind an address that counts on one network only stands by which interface that is (RFC 4007, section 11).
const ADDRESS =
  /^(?:https:\/\/)?(?:\[([0-9a-fA-F:.]+(?:%[^\s%/[\]]{1,15})?)\]|([^\s:/[\]]*))(?::(\d{1,5}))?\/?$/;

/** The same as a request names its host: an interface of this machine says nothing to the server (RFC 6874, section 4). */
export function hostText({ host, port }: Address): string {
  return addressText({ host: host.replace(/%.*/s, ""), port });
}

/** An address as `parseAddress` reads it. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host || "localhost"}:${port}`;
}

/** Reads `host`, `host:port`, `:port`, `[ipv6]:port` or `[ipv6%interface]:port`. @throws JamesError USAGE */
export function parseAddress(text: string, defaultPort = DEFAULT_PORT): Address {
  const [, ipv6, host, port] = ADDRESS.exec(text) ?? [];
  const number = port === undefined ? defaultPort : Number(port);
  if (!(ipv6 ?? (host || port)) || number > 65535)
    throw new JamesError("USAGE", `${JSON.stringify(text)} is not an address`, {
      hint: "Write HOST:PORT, HOST, :PORT or [IPV6]:PORT.",
    });
  return { host: ipv6 ?? host ?? "", port: number };
}
