import { JamesError } from "./error.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;

/** What the clock on the wall shows. */
export interface WallClock {
  /** 0 is Monday. */
  readonly day: number;
  /** Milliseconds since midnight, as the clock shows them. */
  readonly ms: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** By how many milliseconds the clocks of a zone are ahead of UTC at a time; undefined: there is no such zone. */
export function offsetOf(zone: string, time: number): number | undefined {
  const whole = Math.floor(time / 1000) * 1000;
  const format = formatOf(zone);
  if (!format) return undefined;
  const parts = new Map(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const shown = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return shown - whole;
}

/** The clocks of zones at one time; each is looked at once. */
export class Clocks {
  readonly now: number;
  readonly #offsets = new Map<string, number>();

  constructor(now: number) {
    this.now = now;
  }

  /** @throws JamesError ZONE_UNKNOWN */
  in(zone: string): WallClock {
    const shown = this.now + this.#offset(zone);
    const day = Math.floor(shown / DAY_MS);
    // The first day of the epoch was a Thursday.
    return { day: (((day + 3) % 7) + 7) % 7, ms: shown - day * DAY_MS };
  }

  /** A time, or when clocks are changed before it. */
  before(zone: string, time: number): number {
    const offset = this.#offset(zone);
    if (offsetOf(zone, time) === offset) return time;
    let [low, high] = [this.now, time];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetOf(zone, middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }

  #offset(zone: string): number {
    const known = this.#offsets.get(zone) ?? offsetOf(zone, this.now);
    if (known === undefined)
      throw new JamesError("ZONE_UNKNOWN", `there is no time zone ${zone} here`, {
        hint: "Write another zone, or bring the time zones of this system up to date.",
      });
    this.#offsets.set(zone, known);
    return known;
  }
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(zone);
  if (known) return known;
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      ...{ timeZone: zone, calendar: "iso8601", numberingSystem: "latn", hourCycle: "h23" },
      ...{ year: "numeric", month: "numeric", day: "numeric" },
      ...{ hour: "numeric", minute: "numeric", second: "numeric" },
    });
    formats.set(zone, format);
    return format;
  } catch {
    return undefined;
  }
}
