import { eachInSlices } from "../running/slices.ts";
import type { Device } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Sessions } from "./sessions.ts";

/** Wakes held devices in slices, so that nobody waits for a change that concerns many. */
export class Waking {
  readonly #devices: Pick<Devices, "entered">;
  readonly #sessions: Pick<Sessions, "wake" | "waiting">;

  constructor(devices: Pick<Devices, "entered">, sessions: Pick<Sessions, "wake" | "waiting">) {
    this.#devices = devices;
    this.#sessions = sessions;
  }

  /** Has those that hold check-ins now, and are as is asked for, look whether there is something to do; who comes later looks by itself. */
  start(isConcerned: (device: Device) => boolean): void {
    void this.#wake(isConcerned);
  }

  async #wake(isConcerned: (device: Device) => boolean): Promise<void> {
    await eachInSlices([...this.#sessions.waiting()], (id) => {
      const device = this.#devices.entered(id);
      if (device && isConcerned(device)) this.#sessions.wake(id);
    });
  }
}
