import type { TLSSocket } from "node:tls";
import { JamesError } from "@jamesd/model";
import { type Identity, type RoleSettings, readIdentity } from "@jamesd/pki/identity";

/** Who is at the other end, as the certificate says. */
export interface Holder extends Identity {
  /** When the certificate ends, in milliseconds since the epoch: a connection must not outlive it. */
  readonly certEnds: number;
  /** The subject of who issued it, in one line. */
  readonly issuer: string;
}

/** Who is at the other end, read once per connection: parsing a certificate on each request costs four times the request. */
export class Identities {
  readonly #known = new WeakMap<TLSSocket, Holder>();
  readonly #roles: RoleSettings;
  readonly #now: () => number;

  constructor(roles: RoleSettings, now: () => number) {
    this.#roles = roles;
    this.#now = now;
  }

  /** @throws JamesError CERTIFICATE_INVALID, CERTIFICATE_REFUSED, ROLE_FORBIDDEN */
  of(socket: TLSSocket): Holder {
    const holder = this.#known.get(socket) ?? this.#read(socket);
    if (this.#now() <= holder.certEnds) return holder;
    throw new JamesError("CERTIFICATE_REFUSED", `the certificate of ${holder.name} has expired`, {
      hint: "Issue a new one and connect again.",
    });
  }

  #read(socket: TLSSocket): Holder {
    const certificate = socket.getPeerX509Certificate();
    if (!certificate || !socket.authorized)
      throw new JamesError("CERTIFICATE_REFUSED", "the connection has no client certificate of our CA");
    const holder = {
      ...readIdentity(certificate, this.#roles),
      certEnds: Date.parse(certificate.validTo),
      issuer: certificate.issuer.replaceAll("\n", ", "),
    };
    this.#known.set(socket, holder);
    return holder;
  }
}
