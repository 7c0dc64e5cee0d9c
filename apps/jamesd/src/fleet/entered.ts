import type { LoadedDevice } from "./loaded-device.ts";
import type { Presence } from "./presence.ts";

/** So often those are let go who are not connected any more. */
const LET_GO_MS = 60_000;

/** The devices in memory: those that somebody works on, and those that are connected. One object for all who ask for one. */
export class Entered {
  readonly #presence: Pick<Presence, "isConnected">;
  readonly #devices = new Map<string, LoadedDevice>();
  /** How many work on each on which somebody does. */
  readonly #users = new Map<LoadedDevice, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(presence: Pick<Presence, "isConnected">) {
    this.#presence = presence;
  }

  get(id: string): LoadedDevice | undefined {
    return this.#devices.get(id);
  }

  /** Every one. */
  all(): Iterable<LoadedDevice> {
    return this.#devices.values();
  }

  /** Somebody works on a device, which is there from now on. */
  enter(device: LoadedDevice): void {
    this.#devices.set(device.id, device);
    this.#users.set(device, (this.#users.get(device) ?? 0) + 1);
    if (!this.#timer) this.#timer = setInterval(() => this.letGo(), LET_GO_MS).unref();
  }

  /** Somebody works on it no longer. */
  leave(device: LoadedDevice): void {
    const users = (this.#users.get(device) ?? 1) - 1;
    if (users > 0) this.#users.set(device, users);
    else this.#users.delete(device);
  }

  /** It is another one, if ever it comes again. */
  forget(id: string): void {
    this.#devices.delete(id);
  }

  /** Keeps those that are connected, or worked on. */
  letGo(): void {
    for (const [id, device] of this.#devices)
      if (!this.#users.has(device) && !this.#presence.isConnected(id)) this.#devices.delete(id);
    if (this.#devices.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
