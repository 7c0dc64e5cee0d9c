import { counted, JamesError } from "@jamesd/model";

/** Who asks for a change may say that everybody is to have it at once. */
export interface AtOnceChoice {
  readonly now?: boolean | undefined;
}

/** How many devices one change may give something else at once. */
export class AtOnce {
  readonly #most: number;

  /** @param most any number, unless given */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  /** False: no change is ever too large, so that nobody need count. */
  get isBounded(): boolean {
    return Number.isFinite(this.#most);
  }

  /** @throws JamesError TOO_MANY_AT_ONCE when a change is for more devices than may be, unless it is said that it is to be so */
  check(devices: number, { now = false }: AtOnceChoice): void {
    if (devices <= this.#most || now) return;
    throw new JamesError("TOO_MANY_AT_ONCE", this.#text(devices), {
      hint: "Spread it with --waves, or give it to all of them at once with --now.",
    });
  }

  /** What is to be said beforehand of a change that `check` would refuse. */
  warnings(devices: number, { now = false }: AtOnceChoice): readonly string[] {
    return devices <= this.#most || now
      ? []
      : [`${this.#text(devices)}; --waves spreads it, --now lets it be`];
  }

  #text(devices: number): string {
    return `${counted(devices, "device")} would get something else at once, and ${this.#most} may`;
  }
}
