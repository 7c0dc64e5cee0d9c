import type { DeviceStore } from "../repository/device-store.ts";

const WRITE_EVERY_MS = 10_000;

/** When devices were last seen: written together and not at each check-in, for losing the last seconds of it does no harm. */
export class LastSeen {
  readonly #devices: Pick<DeviceStore, "noteSeen">;
  readonly #timer: NodeJS.Timeout;
  #seen = new Map<string, number>();

  constructor(devices: Pick<DeviceStore, "noteSeen">) {
    this.#devices = devices;
    this.#timer = setInterval(() => void this.#write().catch(() => undefined), WRITE_EVERY_MS).unref();
  }

  /** Notes a device, which may be forgotten before it is written; `time` in milliseconds since the epoch. */
  note(id: string, time: number): void {
    this.#seen.set(id, time);
  }

  /** Writes what is only in memory. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#write();
  }

  async #write(): Promise<void> {
    const seen = this.#seen;
    this.#seen = new Map();
    if (seen.size > 0) await this.#devices.noteSeen(seen);
  }
}
