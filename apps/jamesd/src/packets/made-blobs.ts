import { setTimeout } from "node:timers/promises";
import type { Content, Digest } from "@jamesd/model";
import { LRUCache } from "lru-cache";
import type { BlobHold, BlobStore } from "../blobs/blob-store.ts";
import { Turns } from "../running/turns.ts";
import type { MadeRoom } from "./made-room.ts";

/** Blobs that may wait to be made; who asks for more gets none, and fetches what the packet needs without. */
const MAX_WAITING = 100;
/** Of these, those that one certificate asked for first. */
const MAX_WAITING_EACH = 8;
/** What could not be made is not tried again for so long. */
const GIVEN_UP_MS = 60 * 60_000;
const MAX_GIVEN_UP = 1000;

export interface MadeBlobsOptions {
  readonly blobs: BlobStore;
  readonly room: MadeRoom;
  /** Told what could not be made. */
  readonly failed: (thrown: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** True when a device is to get a packet and, where `base` is given, has that one. */
export type IsToGet = (device: string, packet: Digest, base?: Digest) => Promise<boolean>;

/** How a blob is found, or else made. */
export interface Recipe {
  /** What is known of it: null when there is none to be had, undefined when nothing is known. */
  readonly known: () => Promise<Content | null | undefined>;
  /** Makes it, durably, and makes known that it is there, or that there is none to be had; undefined: not by this server. */
  readonly make: (hold: BlobHold, signal: AbortSignal) => Promise<Content | null | undefined>;
}

/** Who asks for a blob, and for how long. */
export interface Asking {
  /** Name of the certificate. */
  readonly who: string;
  /** What is not there is made for who needs it only. */
  readonly isNeeded: boolean;
  readonly waitMs: number;
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
}

interface Making {
  readonly who: string;
  readonly made: Promise<Content | undefined>;
}

/** Blobs that only save bytes: each is made when it is first asked for, once for all devices, one at a time. */
export class MadeBlobs {
  readonly #options: MadeBlobsOptions;
  readonly #underway = new Map<string, Making>();
  /** Until when what could not be made is left alone, by key. */
  readonly #givenUp = new LRUCache<string, number>({ max: MAX_GIVEN_UP });
  readonly #turns = new Turns();
  readonly #stop = new AbortController();

  constructor(options: MadeBlobsOptions) {
    this.#options = options;
  }

  /**
   * The blob of this key; waits for one that is being made.
   * @returns undefined when there is none, or not before `waitMs` have passed or the signal says that nobody waits
   */
  async get(key: string, recipe: Recipe, asking: Asking): Promise<Content | undefined> {
    const { waitMs, signal } = asking;
    const found = await this.#find(recipe);
    if (found !== undefined) return found ?? undefined;
    const making = asking.isNeeded ? this.#make(key, recipe, asking.who) : undefined;
    if (!making || waitMs === 0) return undefined;
    const over = new AbortController();
    const waited = setTimeout(waitMs, undefined, { signal: AbortSignal.any([signal, over.signal]) });
    try {
      return await Promise.race([making, waited.catch(() => undefined)]);
    } finally {
      over.abort();
    }
  }

  /** Makes the blob of this key, where there is none yet, before anybody asks for it; waits for that. */
  async ahead(key: string, recipe: Recipe): Promise<void> {
    if ((await this.#find(recipe)) === undefined) await this.#make(key, recipe, "");
  }

  /** Gives up what is being made, and waits for that. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#underway.values()].map(({ made }) => made));
  }

  /** What is there; null when there is none to be had, undefined when it is still to be made. */
  async #find({ known }: Recipe): Promise<Content | null | undefined> {
    const { blobs, room } = this.#options;
    const found = await known();
    if (!found) return found;
    // A damaged one is made anew.
    if ((await blobs.check(found.digest)) !== "sound") return undefined;
    await room.use(found);
    return found;
  }

  #make(key: string, recipe: Recipe, who: string): Promise<Content | undefined> | undefined {
    const underway = this.#underway.get(key);
    if (underway) return underway.made;
    if (this.#stop.signal.aborted || this.#isFull(who) || this.#isGivenUp(key)) return undefined;
    const made = this.#turns
      .take("one at a time", () => this.#store(key, recipe))
      .catch((thrown: unknown) => {
        if (this.#stop.signal.aborted) return undefined;
        this.#giveUp(key);
        this.#options.failed(thrown);
        return undefined;
      })
      .finally(() => this.#underway.delete(key));
    this.#underway.set(key, { who, made });
    return made;
  }

  async #store(key: string, { make }: Recipe): Promise<Content | undefined> {
    this.#stop.signal.throwIfAborted();
    const { blobs, room } = this.#options;
    const hold = blobs.hold();
    try {
      const made = await make(hold, this.#stop.signal);
      if (made === null) return undefined;
      if (made && (await room.make(made))) return made;
      this.#giveUp(key);
      return undefined;
    } finally {
      hold.release();
    }
  }

  #isFull(who: string): boolean {
    if (this.#underway.size >= MAX_WAITING) return true;
    return [...this.#underway.values()].filter((making) => making.who === who).length >= MAX_WAITING_EACH;
  }

  #isGivenUp(key: string): boolean {
    const until = this.#givenUp.peek(key);
    if (until === undefined || until > this.#options.now()) return until !== undefined;
    this.#givenUp.delete(key);
    return false;
  }

  #giveUp(key: string): void {
    this.#givenUp.set(key, this.#options.now() + GIVEN_UP_MS);
  }
}
