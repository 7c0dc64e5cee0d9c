import type { DeviceStore, Seen } from "../repository/device-store.ts";

const WRITE_EVERY_MS = 10_000;

/** When devices were last seen, and until when their certificates are good: written together and not at each check-in, for losing the last seconds of it does no harm, but of who begins what only so many may (`Sessions.begins`). */
export class LastSeen {
  readonly #devices: Pick<DeviceStore, "noteSeen">;
  readonly #timer: NodeJS.Timeout;
  #seen = new Map<string, Seen>();
  /** Settled when everything that was to be written before is. */
  #written: Promise<unknown> = Promise.resolve();

  constructor(devices: Pick<DeviceStore, "noteSeen">) {
    this.#devices = devices;
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), WRITE_EVERY_MS).unref();
  }

  /** Notes a device, which may be forgotten before it is written. */
  note(id: string, seen: Seen): void {
    this.#seen.set(id, seen);
  }

  /** Writes what is only in memory, after what is being written. */
  flush(): Promise<void> {
    const writing = this.#written.then(() => this.#write());
    this.#written = writing.catch(() => undefined);
    return writing;
  }

  /** The same, and no more after it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  async #write(): Promise<void> {
    const seen = this.#seen;
    this.#seen = new Map();
    if (seen.size > 0) await this.#devices.noteSeen(seen);
  }
}
