import { Slices } from "../running/slices.ts";
import type { KnownDevice } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Sessions } from "./sessions.ts";

/** So many are woken at once: each of them looks, and perhaps answers, before others run. */
const WOKEN_AT_ONCE = 100;

/** Wakes held devices, some at a time, so that nobody waits for a change that concerns many. */
export class Waking {
  readonly #devices: Pick<Devices, "held">;
  readonly #sessions: Pick<Sessions, "wake" | "waiting">;

  constructor(devices: Pick<Devices, "held">, sessions: Pick<Sessions, "wake" | "waiting">) {
    this.#devices = devices;
    this.#sessions = sessions;
  }

  /** Has those that hold check-ins now, and are as is asked for, look whether there is something to do; who comes later looks by itself. */
  start(isConcerned: (device: KnownDevice) => boolean): void {
    void this.#wake(isConcerned);
  }

  async #wake(isConcerned: (device: KnownDevice) => boolean): Promise<void> {
    const slices = new Slices();
    let woken = 0;
    for (const id of [...this.#sessions.waiting()]) {
      if (slices.isOver || woken === WOKEN_AT_ONCE) {
        await slices.next();
        woken = 0;
      }
      const device = this.#devices.held(id);
      if (!device || !isConcerned(device)) continue;
      this.#sessions.wake(id);
      woken += 1;
    }
  }
}
