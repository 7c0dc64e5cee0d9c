import type { TLSSocket } from "node:tls";
import { JamesError } from "@jamesd/model";
import { type Identity, type RoleSettings, readIdentity } from "@jamesd/pki/identity";

interface Known {
  readonly identity: Identity;
  /** When the certificate ends, in milliseconds: a connection must not outlive it. */
  readonly until: number;
}

/** Who is at the other end, read once per connection: parsing a certificate on each request costs four times the request. */
export class Identities {
  readonly #known = new WeakMap<TLSSocket, Known>();
  readonly #roles: RoleSettings;
  readonly #now: () => number;

  constructor(roles: RoleSettings, now: () => number) {
    this.#roles = roles;
    this.#now = now;
  }

  /** @throws JamesError CERTIFICATE_INVALID, CERTIFICATE_REFUSED, ROLE_FORBIDDEN */
  of(socket: TLSSocket): Identity {
    const { identity, until } = this.#known.get(socket) ?? this.#read(socket);
    if (this.#now() <= until) return identity;
    throw new JamesError("CERTIFICATE_REFUSED", `the certificate of ${identity.name} has expired`, {
      hint: "Issue a new one and connect again.",
    });
  }

  #read(socket: TLSSocket): Known {
    const certificate = socket.getPeerX509Certificate();
    if (!certificate || !socket.authorized)
      throw new JamesError("CERTIFICATE_REFUSED", "the connection has no client certificate of our CA");
    const known = {
      identity: readIdentity(certificate, this.#roles),
      until: Date.parse(certificate.validTo),
    };
    this.#known.set(socket, known);
    return known;
  }
}
