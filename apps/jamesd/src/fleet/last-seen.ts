import type { DeviceStore, Seen } from "../repository/device-store.ts";

const WRITE_EVERY_MS = 10_000;
/** So many are written together: who is waited for has its turn after them. */
const AT_ONCE = 500;

/** When devices were last seen, and until when their certificates are good: written together and not at each check-in, for losing the last seconds of it does no harm, but of who begins what only so many may (`Sessions.begins`). */
export class LastSeen {
  readonly #devices: Pick<DeviceStore, "noteSeen">;
  readonly #timer: NodeJS.Timeout;
  readonly #seen = new Map<string, Seen>();
  /** Those that somebody waits for, and their turn. */
  #awaited = new Map<string, Seen>();
  #turn: Promise<void> | undefined;
  /** Settled when what is being written is. */
  #written: Promise<unknown> = Promise.resolve();

  constructor(devices: Pick<DeviceStore, "noteSeen">) {
    this.#devices = devices;
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), WRITE_EVERY_MS).unref();
  }

  /** Notes a device, which may be forgotten before it is written. */
  note(id: string, seen: Seen): void {
    this.#seen.set(id, seen);
  }

  /** Writes one that is noted, before all others that are only in memory. */
  write(id: string): Promise<unknown> {
    const seen = this.#take(id);
    if (seen) this.#awaited.set(id, seen);
    if (this.#awaited.size === 0) return this.#written;
    this.#turn ??= this.#next(() => {
      const awaited = this.#awaited;
      this.#awaited = new Map();
      this.#turn = undefined;
      return awaited;
    });
    return this.#turn;
  }

  /** Writes what is only in memory, after what is being written. */
  async flush(): Promise<void> {
    for (let left = this.#seen.size; left > 0; left -= AT_ONCE) await this.#next(() => this.#some());
    await this.#written;
  }

  /** The same, and no more after it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  #next(some: () => ReadonlyMap<string, Seen>): Promise<void> {
    const writing = this.#written.then(() => this.#devices.noteSeen(some()));
    this.#written = writing.catch(() => undefined);
    return writing;
  }

  #some(): ReadonlyMap<string, Seen> {
    const some = new Map<string, Seen>();
    for (const [id, seen] of this.#seen) {
      if (some.size === AT_ONCE) break;
      some.set(id, seen);
      this.#seen.delete(id);
    }
    return some;
  }

  #take(id: string): Seen | undefined {
    const seen = this.#seen.get(id);
    this.#seen.delete(id);
    return seen;
  }
}
