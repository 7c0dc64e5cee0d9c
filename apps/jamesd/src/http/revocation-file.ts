import { isoTime } from "@jamesd/model";
import { readCertificates } from "@jamesd/pki/pem";
import { type RevocationList, readRevocationLists } from "@jamesd/pki/revocation-list";
import type { Logger } from "pino";
import type { Locks } from "../fleet/locks.ts";
import type { Part } from "../running/opened.ts";

/** So often it is looked whether a list is past its date, in milliseconds. */
const LOOK_MS = 60_000;
/** Clocks of an authority and of this machine may be apart by so much without that being said. */
const APART_MS = 5 * 60_000;

/** Who is told of lists whose dates are not right. */
export type RevocationLog = Pick<Logger, "warn">;

/** Where the lists are, and what is done with them. */
export interface RevocationFileOptions {
  readonly path: string;
  /** Files of the authorities, one of which has to have signed each list. */
  readonly authorities: readonly string[];
  /** Nobody is let in by an authority whose list is past its date. */
  readonly isStrict: boolean;
  readonly log: RevocationLog;
  readonly now: () => number;
}

/** The lists of revoked certificates that an authority writes, kept in a file: who is on them is locked out. */
export class RevocationFile implements Part {
  readonly #options: RevocationFileOptions;
  #locks: Pick<Locks, "list"> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lists: readonly RevocationList[];
  /** Issuers whose lists were said to be past their date. */
  #late: readonly string[] = [];

  /** Nobody is locked out yet. @throws JamesError as `readRevocationLists` */
  constructor(options: RevocationFileOptions) {
    this.#options = options;
    this.#lists = this.#read();
  }

  /** Locks out who is on the lists from now on. */
  guard(locks: Pick<Locks, "list">): void {
    this.#locks = locks;
    this.#take();
    this.#tellFuture();
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Reads the file again. @throws JamesError as `readRevocationLists`; then what was read before counts on */
  reload(): void {
    this.#lists = this.#read();
    this.#take();
    this.#tellFuture();
  }

  /** Until when each list is good, in milliseconds since the epoch, of those that say so; `issuer` in words. */
  get nextUpdates(): readonly { readonly issuer: string; readonly nextUpdate: number }[] {
    return this.#lists.flatMap(({ issuerName: issuer, nextUpdate }) =>
      nextUpdate === undefined ? [] : [{ issuer, nextUpdate }],
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }

  #read(): readonly RevocationList[] {
    const { path, authorities } = this.#options;
    return readRevocationLists(
      path,
      authorities.flatMap((file) => readCertificates(file)),
    );
  }

  #look(): void {
    const late = lateOf(this.#lists, this.#options.now());
    if (late.length !== this.#late.length) this.#take();
  }

  // By the wrong clock it is not seen when a list is past its date.
  #tellFuture(): void {
    const { now, path, log } = this.#options;
    const written = Math.max(...this.#lists.map(({ thisUpdate }) => thisUpdate));
    if (written > now() + APART_MS)
      log.warn(
        `a list of revoked certificates in ${path} is of ${isoTime(written)}, which is yet to come: the clock of this machine is late, or that of the authority early; the list counts all the same`,
      );
  }

  #take(): void {
    const { isStrict, now, path, log } = this.#options;
    this.#late = lateOf(this.#lists, now());
    if (this.#late.length > 0)
      log.warn(
        `a list of revoked certificates in ${path} is past its date: ${isStrict ? "nobody of its authority is let in" : "who was revoked since is let in"} until there is a new one`,
      );
    this.#locks?.list(this.#lists, isStrict ? this.#late : []);
  }
}

function lateOf(lists: readonly RevocationList[], now: number): readonly string[] {
  return lists
    .filter(({ nextUpdate }) => nextUpdate !== undefined && nextUpdate < now)
    .map(({ issuer }) => issuer);
}
