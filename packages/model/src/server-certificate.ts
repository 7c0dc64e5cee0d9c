import { ROLES } from "./role.ts";

/** What makes a certificate a server's: read out of it by who shows it, and by who is shown it. */
export interface ServerCertificate {
  /** Object identifiers of the extended key usages; undefined when it does not say what it is for. */
  readonly usages: readonly string[] | undefined;
  /** The organisational units of its subject. */
  readonly units: readonly string[];
}

/** The extended key usage of a server (RFC 5280, section 4.2.1.12). */
export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/**
 * Why a certificate is not that of a server; undefined when it is. One that does not say what it is for is not: a
 * device's, of an authority that writes no usages, could pose as the server.
 */
export function serverCertificateProblem({ usages, units }: ServerCertificate): string | undefined {
  if (!usages?.includes(SERVER_AUTH))
    return "it may not be used as a server: its extended key usage does not say serverAuth";
  const unit = units.find((one) => ROLES.some((role) => role === one));
  return unit === undefined ? undefined : `it is a client's, not a server's: its OU is ${unit}`;
}
