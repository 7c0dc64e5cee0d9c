import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** So long the word in the address is good. */
const TOKEN_MS = 60_000;
const COOKIE = "jamesd-dashboard";
/** Changes nothing at the server. */
const READS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** What of a request says who makes it. */
export interface Knock {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Says who may use a dashboard on this machine: whoever opened it. Other people of the machine do not know the word, which
 * is good once, and other pages in the same browser are not of this origin. A name that leads here from elsewhere (DNS
 * rebinding) is none of ours.
 */
export class DashboardGate {
  readonly #hosts: ReadonlySet<string>;
  readonly #now: () => number;
  #token: { readonly word: string; readonly until: number } | undefined;
  readonly #cookie = randomBytes(32).toString("base64url");

  /** @param port of 127.0.0.1 */
  constructor(port: number, now: () => number) {
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
    this.#now = now;
  }

  /** A new word, by which one browser gets in, for a minute. */
  invite(): string {
    const word = randomBytes(32).toString("base64url");
    this.#token = { word, until: this.#now() + TOKEN_MS };
    return word;
  }

  /** True of a request to this origin, from its own pages as far as the browser says where from. */
  isOurs({ method, headers }: Knock): boolean {
    const { host = "", origin } = headers;
    const site = headers["sec-fetch-site"];
    if (!this.#hosts.has(host)) return false;
    if (origin !== undefined && origin !== `http://${host}`) return false;
    // A link from elsewhere may lead to a page; what changes something comes from a page of ours, or from no browser.
    const isFromHere = site === undefined || site === "same-origin" || site === "none";
    return isFromHere || (READS.has(method) && headers["sec-fetch-dest"] === "document");
  }

  /** Takes a word, which is good no more then. @returns the cookie by which this browser is known, to be set; undefined: that was no good word */
  admit(word: string): string | undefined {
    const token = this.#token;
    if (!token || this.#now() >= token.until || !isSame(word, token.word)) return undefined;
    this.#token = undefined;
    return `${this.#name}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** True of a browser that was let in. */
  knows({ headers: { cookie = "" } }: Pick<Knock, "headers">): boolean {
    const start = `${this.#name}=`;
    return cookie
      .split("; ")
      .some((one) => one.startsWith(start) && isSame(one.slice(start.length), this.#cookie));
  }

  // Cookies are of a host, whatever its port: two dashboards are told apart.
  get #name(): string {
    const [host = ""] = this.#hosts;
    return `${COOKIE}-${host.split(":")[1]}`;
  }
}

/** Compared so that the time it takes tells nothing. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
