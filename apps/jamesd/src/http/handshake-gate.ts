import { addressGroup } from "./address-group.ts";

/** How fast connections are let in to their handshake. */
export interface GateSettings {
  /** So many a second; it may change with what the server bears. */
  readonly perSecond: () => number;
  /** So many wait for their turn. */
  readonly most: number;
  /** Of one place on the network (`addressGroup`). */
  readonly mostOfPlace: number;
  /** Milliseconds that only grow. */
  readonly clock: () => number;
  /** Told of each that is turned away. */
  readonly refused: (address: string, reason: string) => void;
}

/** A connection, as far as it matters here. */
interface Connection {
  readonly remoteAddress?: string | undefined;
  readonly destroyed: boolean;
  destroy(): unknown;
}

interface Waiter {
  readonly socket: Connection;
  readonly admit: () => void;
}

/** Those who wait are let in so often. */
const TICK_MS = 20;
/** So long nobody came for those who may come at once. */
const SAVED_MS = 100;

/**
 * Lets connections in no faster than handshakes can be done beside everything else: each takes up to a millisecond, and
 * after a restart or an outage a whole fleet comes. Who is one too many waits before a byte is read, in turn with other
 * places on the network; when too many wait already it is turned away, which costs next to nothing.
 */
export class HandshakeGate {
  readonly #settings: GateSettings;
  /** By place, the next place first; never with none. */
  readonly #waiting = new Map<string, Waiter[]>();
  #count = 0;
  /** So many may come now. */
  #free: number;
  #at: number;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(settings: GateSettings) {
    this.#settings = settings;
    this.#at = settings.clock();
    this.#free = this.#most();
  }

  /** How many wait. */
  get waiting(): number {
    return this.#count;
  }

  /** Has a connection let in, at once or in its turn. */
  take(socket: Connection, admit: () => void): void {
    this.#earn();
    if (this.#isClosed) socket.destroy();
    else if (this.#count === 0 && this.#free >= 1) {
      this.#free -= 1;
      admit();
    } else this.#queue(socket, admit);
  }

  /** Turns away all that wait, and whoever still comes. */
  close(): void {
    this.#isClosed = true;
    for (let next = this.#next(); next; next = this.#next()) next.socket.destroy();
    this.#rest();
  }

  #queue(socket: Connection, admit: () => void): void {
    const { most, mostOfPlace, refused } = this.#settings;
    const { remoteAddress = "" } = socket;
    const place = addressGroup(remoteAddress);
    const ofPlace = this.#waiting.get(place) ?? [];
    if (this.#count >= most || ofPlace.length >= mostOfPlace) {
      refused(remoteAddress, "too many connections come at once");
      socket.destroy();
      return;
    }
    this.#waiting.set(place, ofPlace);
    ofPlace.push({ socket, admit });
    this.#count += 1;
    this.#timer ??= setInterval(() => this.#letIn(), TICK_MS);
  }

  #letIn(): void {
    this.#earn();
    while (this.#free >= 1 && this.#count > 0) {
      const next = this.#next();
      // It was reset in the meantime.
      if (!next || next.socket.destroyed) continue;
      this.#free -= 1;
      next.admit();
    }
    if (this.#count === 0) this.#rest();
  }

  #next(): Waiter | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    const [place, ofPlace] = first;
    const next = ofPlace.shift();
    this.#count -= 1;
    this.#waiting.delete(place);
    // Behind all others.
    if (ofPlace.length > 0) this.#waiting.set(place, ofPlace);
    return next;
  }

  #earn(): void {
    const now = this.#settings.clock();
    const earned = ((now - this.#at) * this.#settings.perSecond()) / 1000;
    this.#free = Math.min(this.#most(), this.#free + earned);
    this.#at = now;
  }

  #most(): number {
    return Math.max(1, (this.#settings.perSecond() * SAVED_MS) / 1000);
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
