import { randomBytes, timingSafeEqual } from "node:crypto";
import { JamesError, parseGivenTags, type Tag } from "@jamesd/model";
import { parseSubjectName } from "@jamesd/pki/subject";
import { formatToken, tokenHash } from "@jamesd/pki/token";
import type { EnrollToken, EnrollTokenStore } from "../repository/enroll-token-store.ts";
import type { Origin } from "../repository/origin.ts";

/** What a token is to be like. */
export interface TokenRequest {
  readonly forMs: number;
  readonly uses: number;
  readonly device: string | null;
  readonly prefix: string | null;
  readonly tags: readonly Tag[];
}

/** A token with what a device is told, once. */
export interface MadeToken {
  readonly token: EnrollToken;
  readonly secret: string;
}

/** What a device shows of its token. */
export interface ShownToken {
  readonly id: string;
  readonly secret: string;
}

const ID_BYTES = 5;
const SECRET_BYTES = 24;

/** The tokens by which devices join. */
export class EnrollTokens {
  readonly #store: EnrollTokenStore;
  readonly #authority: () => string;

  /** @param authority gives the fingerprint of the key of who vouches for this server */
  constructor(store: EnrollTokenStore, authority: () => string) {
    this.#store = store;
    this.#authority = authority;
  }

  /** @throws JamesError REQUEST_INVALID, NAME_INVALID, TAG_INVALID */
  async make({ forMs, uses, device, prefix, tags }: TokenRequest, origin: Origin): Promise<MadeToken> {
    if (device !== null && prefix !== null)
      throw new JamesError(
        "REQUEST_INVALID",
        "a token is for one id or for those that begin so, not for both",
      );
    for (const name of [device, prefix]) if (name !== null) parseSubjectName(name);
    const id = randomBytes(ID_BYTES).toString("hex");
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    const token = {
      ...{ id, secretDigest: tokenHash(secret), device, prefix, tags: parseGivenTags(tags) },
      ...{ uses, used: 0, ends: origin.time + forMs, lastUsed: null, ...origin },
    };
    await this.#store.add(token);
    return { token, secret: formatToken({ id, secret, authority: this.#authority() }) };
  }

  list(): Promise<readonly EnrollToken[]> {
    return this.#store.all();
  }

  /** @throws JamesError TOKEN_UNKNOWN */
  async revoke(id: string, origin: Origin): Promise<EnrollToken> {
    const removed = await this.#store.remove(id, origin);
    if (removed) return removed;
    throw new JamesError("TOKEN_UNKNOWN", `there is no token ${JSON.stringify(id)}`, {
      hint: "jamesd-ctl list-enroll-tokens shows which there are.",
    });
  }

  /** The token that a device shows, when it would let this device in at this time. */
  async usable({ id, secret }: ShownToken, device: string, now: number): Promise<EnrollToken | undefined> {
    const token = await this.#store.get(id);
    return token && isSecretOf(token, secret) && isUsable(token, device, now) ? token : undefined;
  }
}

function isSecretOf({ secretDigest }: EnrollToken, secret: string): boolean {
  return timingSafeEqual(Buffer.from(secretDigest, "hex"), Buffer.from(tokenHash(secret), "hex"));
}

function isUsable({ device, prefix, used, uses, ends }: EnrollToken, name: string, now: number): boolean {
  return now < ends && used < uses && (device ?? name) === name && name.startsWith(prefix ?? "");
}
