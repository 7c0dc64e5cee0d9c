import type { CertificateId } from "@jamesd/pki/certificate-id";

/**
 * Which issuers are meant by their names in words, which is all that is kept of a device's certificate beside its number: of those
 * by whom somebody came to this process. There are few, for an authority has to have certified each.
 */
export class Issuers {
  readonly #known = new Map<string, ReadonlySet<CertificateId["issuer"]>>();

  /** Somebody came with a certificate of this issuer. */
  met(words: string, issuer: CertificateId["issuer"]): void {
    const known = this.#known.get(words);
    if (!known?.has(issuer)) this.#known.set(words, new Set([...(known ?? []), issuer]));
  }

  /** True unless it is known that the words mean another one. */
  mayBe(words: string | null | undefined, issuer: CertificateId["issuer"]): boolean {
    return this.#known.get(words ?? "")?.has(issuer) ?? true;
  }
}
