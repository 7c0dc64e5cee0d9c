import { addressGroup } from "./address-group.ts";

/** How fast connections are let in to their handshake. */
export interface GateSettings {
  /** So many a second; it may change with what the server bears. */
  readonly perSecond: () => number;
  /** So many wait for their turn. */
  readonly most: number;
  /** Of one place on the network (`addressGroup`). */
  readonly mostOfPlace: number;
  /** True of a place that has caused enough for now: it comes when it is so no more. */
  readonly isLate: (place: string) => boolean;
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
/** Of a place that is late there wait so many: they go away more slowly than they come. */
const MOST_LATE = 256;
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
    const place = addressGroup(socket.remoteAddress ?? "");
    if (this.#isClosed) socket.destroy();
    else if (this.#count === 0 && this.#free >= 1 && !this.#settings.isLate(place)) {
      this.#free -= 1;
      admit();
    } else this.#queue(place, { socket, admit });
  }

  /** What was let in has cost so much more than a usual handshake: as many fewer come in next, from wherever they are. */
  charge(cost: number): void {
    this.#earn();
    this.#free = Math.max(-this.#settings.perSecond(), this.#free - cost);
  }

  /** Turns away all that wait, and whoever still comes. */
  close(): void {
    this.#isClosed = true;
    for (const { socket } of [...this.#waiting.values()].flat()) socket.destroy();
    this.#waiting.clear();
    this.#count = 0;
    this.#rest();
  }

  #queue(place: string, waiter: Waiter): void {
    const { most, mostOfPlace, refused, isLate } = this.#settings;
    const { remoteAddress = "" } = waiter.socket;
    const ofPlace = this.#waiting.get(place) ?? [];
    const bound = isLate(place) ? Math.min(mostOfPlace, MOST_LATE) : mostOfPlace;
    if (this.#count >= most || ofPlace.length >= bound) {
      refused(remoteAddress, "too many connections come at once");
      waiter.socket.destroy();
      return;
    }
    this.#waiting.set(place, ofPlace);
    ofPlace.push(waiter);
    this.#count += 1;
    this.#timer ??= setInterval(() => this.#letIn(), TICK_MS);
  }

  #letIn(): void {
    this.#earn();
    while (this.#free >= 1 && this.#count > 0) {
      const next = this.#next();
      if (!next) break;
      // It was reset in the meantime.
      if (next.socket.destroyed) continue;
      this.#free -= 1;
      next.admit();
    }
    if (this.#count === 0) this.#rest();
  }

  #next(): Waiter | undefined {
    for (const [place, ofPlace] of this.#waiting)
      if (!this.#settings.isLate(place)) return this.#shift(place, ofPlace);
    return undefined;
  }

  #shift(place: string, ofPlace: Waiter[]): Waiter | undefined {
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
