import { Gate } from "@jamesd/model";
import type { Credentials, Endpoint } from "./connection.ts";
import { type DeviceSettings, SimulatedDevice } from "./device.ts";
import { habitsOf, type Mix } from "./habits.ts";
import { type Random, randomFor } from "./random.ts";
import type { Sample } from "./sample.ts";
import { Tally } from "./tally.ts";

/** More would only wait for each other, and be given up by the server when each is half way. */
const HANDSHAKES_AT_ONCE = 64;
const CHURN_EVERY_MS = 1_000;
/** Who loses its connection is away for up to so long. */
const LONGEST_AWAY_MS = 10_000;
/** Who is away at first and nobody says until when. */
const FAR_MS = 24 * 3_600_000;

/** What a fleet is made of. */
export interface FleetSettings extends Pick<DeviceSettings, "seed" | "holdSeconds" | "intervalMs" | "pace"> {
  readonly endpoint: Endpoint;
  readonly mix: Mix;
  /** Credentials by the id of the device. */
  readonly identities: ReadonlyMap<string, Credentials>;
  readonly systemtags: readonly string[];
  /** So many devices come each second. */
  readonly arrivalsASecond: number;
}

/** Devices that live side by side in this process. */
export class SimulatedFleet {
  readonly devices: readonly SimulatedDevice[];
  /** Second machines with the certificate of a device, by its id. */
  readonly clones: ReadonlyMap<string, SimulatedDevice>;
  readonly tally = new Tally();
  /** The revision that all are to have. */
  wanted = 0;
  readonly #settings: FleetSettings;
  readonly #common: { holdSeconds: number; fail: number };
  readonly #asleep: readonly SimulatedDevice[];
  readonly #random: Random;
  readonly #began = performance.now();
  #churning: NodeJS.Timeout | undefined;
  #living: Promise<unknown> = Promise.resolve();

  constructor(settings: FleetSettings) {
    const { mix, seed, identities, systemtags } = settings;
    this.#settings = settings;
    this.#random = randomFor(seed, "fleet");
    const shared = { tally: this.tally, library: new Map(), gate: new Gate(HANDSHAKES_AT_ONCE) };
    const common = { ...settings, fail: mix.fail, ...shared };
    this.#common = common;
    const asleep: SimulatedDevice[] = [];
    const devices = [...identities].map(([id, credentials]) => {
      const habits = habitsOf(mix, seed, id);
      const device = new SimulatedDevice(common, { id, ...credentials, systemtags, machine: 0 }, habits);
      if (habits.isOffline) asleep.push(device);
      return device;
    });
    const cloned = [...identities].slice(0, mix.clones);
    const clones = cloned.map(([id, credentials]): [string, SimulatedDevice] => {
      const identity = { id, ...credentials, systemtags, machine: 1 };
      return [id, new SimulatedDevice(common, identity, habitsOf(mix, seed, id))];
    });
    this.devices = devices;
    this.clones = new Map(clones);
    this.#asleep = asleep;
  }

  /** Has them come, one after the other. */
  start(): void {
    const { arrivalsASecond, mix } = this.#settings;
    for (const device of this.#asleep) device.goAway(FAR_MS);
    const machines = this.#machines();
    const lives = machines.map((device, i) => device.run((i * 1000) / arrivalsASecond));
    this.#living = Promise.all(lives);
    // Whoever waits for the end hears of it.
    this.#living.catch(() => undefined);
    if (mix.churn > 0) this.#churning = setInterval(() => this.#churn(), CHURN_EVERY_MS);
  }

  /** All are other devices from now on, and say so at once. */
  change(systemtags: readonly string[]): void {
    for (const device of this.devices) device.change(systemtags);
  }

  /** From now on they let their check-ins be held for so long; with 0 they ask from time to time. */
  hold(seconds: number): void {
    this.#common.holdSeconds = seconds;
    for (const device of this.#machines()) device.wake();
  }

  /** From now on each transaction fails with this chance: what is wanted is no good. */
  break(chance: number): void {
    this.#common.fail = chance;
  }

  /** Those that were away at first come. */
  wakeAll(): void {
    for (const device of this.#asleep) device.comeBack();
  }

  /** Ends all devices. @throws Error when one of them was sent what no device would take */
  async stop(): Promise<void> {
    clearInterval(this.#churning);
    for (const device of this.#machines()) device.stop();
    await this.#living;
  }

  sample(): Sample {
    const count = { connected: 0, told: 0, inSync: 0, working: 0, failed: 0 };
    for (const device of this.devices) {
      const { doing } = device;
      if (device.isConnected) count.connected += 1;
      if (device.isReported) count.told += 1;
      if (this.#isInSync(device)) count.inSync += 1;
      if (doing === "working") count.working += 1;
      if (doing === "failed") count.failed += 1;
    }
    const { checkIns, bytes, done, failures } = this.tally;
    const atMs = performance.now() - this.#began;
    return {
      atMs,
      devices: this.devices.length,
      ...count,
      checkIns,
      bytes,
      transactions: done.length,
      failures,
    };
  }

  /** A device has what is wanted when one of its machines has. */
  #isInSync(device: SimulatedDevice): boolean {
    const clone = this.clones.get(device.id);
    return this.#hasWanted(device) || (clone !== undefined && this.#hasWanted(clone));
  }

  #machines(): readonly SimulatedDevice[] {
    return [...this.devices, ...this.clones.values()];
  }

  #hasWanted({ followed, isReported }: SimulatedDevice): boolean {
    return this.wanted > 0 && followed.revision >= this.wanted && isReported;
  }

  #churn(): void {
    const most = (this.devices.length * this.#settings.mix.churn * CHURN_EVERY_MS) / 60_000;
    for (let i = 0; i < most; i += 1) {
      if (this.#random() > most - i) return;
      const device = this.devices[Math.floor(this.#random() * this.devices.length)];
      if (device?.isConnected) device.goAway(this.#random() * LONGEST_AWAY_MS);
    }
  }
}
