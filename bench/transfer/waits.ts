import { setTimeout } from "node:timers/promises";
import { stateDigest } from "@jamesd/model";
import type { Sandbox } from "@jamesd/testkit";
import { Asker } from "./asker.ts";

const DEVICE = "/v1/devices/device/desired";
const STATE = { systemtags: [], apps: [] };
const UNCHANGED = { digest: stateDigest(STATE) };
const REPORT = { ...UNCHANGED, state: STATE };
const HOLD_SECONDS = 60;
/** Between two measurements, so that they are no load themselves. */
const PAUSE_MS = 20;

/** How long answers took, in milliseconds. */
export interface Waits {
  /** Of a desired state that is set: from asking for that until the device's held check-in is answered. */
  readonly held: number[];
  /** The same until the operator is answered: all that is longer is the way from the change to the device. */
  readonly set: number[];
  /** Of requests that say nothing new. */
  readonly small: number[];
}

/** Measures how long a device of the sandbox waits, for as long as it is asked to. */
export class WaitingDevice {
  readonly #device: Asker;
  readonly #other: Asker;
  readonly #operator: Asker;

  constructor(sandbox: Sandbox) {
    this.#device = new Asker(sandbox, "device");
    this.#other = new Asker(sandbox, "device-2");
    this.#operator = new Asker(sandbox, "admin");
  }

  /** @param app a packet that is there */
  async measure(app: string, until: Promise<unknown>): Promise<Waits> {
    let isOver = false;
    const over = until.finally(() => {
      isOver = true;
    });
    const waits: Waits = { held: [], set: [], small: [] };
    await this.#want([]);
    for (const asker of [this.#device, this.#other]) await asker.ask("POST", "/v1/checkin", REPORT);
    while (!isOver) {
      const { held, set } = await this.#heldOnce(app);
      waits.held.push(held);
      waits.set.push(set);
      const started = performance.now();
      const { at } = await this.#other.ask("POST", "/v1/checkin", UNCHANGED);
      waits.small.push(at - started);
      await setTimeout(PAUSE_MS);
    }
    await over;
    return waits;
  }

  close(): void {
    for (const asker of [this.#device, this.#other, this.#operator]) asker.close();
  }

  async #heldOnce(app: string): Promise<{ readonly held: number; readonly set: number }> {
    const held = this.#device.ask("POST", "/v1/checkin", UNCHANGED, HOLD_SECONDS);
    await setTimeout(PAUSE_MS);
    const started = performance.now();
    const [{ at, status }, set] = await Promise.all([held, this.#want([{ name: app, tags: ["v1"] }])]);
    if (status !== 200) throw new Error(`a held check-in was answered with ${status}`);
    await this.#want([]);
    return { held: at - started, set: set - started };
  }

  /** When that was answered. */
  async #want(apps: readonly unknown[]): Promise<number> {
    return (await this.#operator.ask("PUT", DEVICE, { apps })).at;
  }
}
