import { JamesError } from "./error.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;

/** By how many milliseconds the clocks of a zone are ahead of UTC at a time; undefined: there is no such zone. */
export type Offsets = (zone: string, time: number) => number | undefined;

/** What the clock on the wall shows. */
export interface WallClock {
  /** 0 is Monday. */
  readonly day: number;
  /** Milliseconds since midnight, as the clock shows them. */
  readonly ms: number;
}

/** There are some 600 zones, but each has as many names as its letters can be written large or small; one takes 35 KB. */
const MOST_FORMATS = 1000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** As Node knows zones. */
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

/** A time in which the clocks of a zone are not changed. */
interface Stretch {
  readonly offset: number;
  readonly start: number;
  /** When they may be changed. */
  readonly end: number;
}

/** The clocks of zones at one time. To ask what they show is dear: what was found out is known to those of other times as well. */
export class Clocks {
  readonly now: number;
  readonly #offsets: Offsets;
  readonly #stretches: Map<string, Stretch>;

  constructor(now: number, offsets: Offsets, stretches = new Map<string, Stretch>()) {
    this.now = now;
    this.#offsets = offsets;
    this.#stretches = stretches;
  }

  /** The same clocks at another time. */
  at(time: number): Clocks {
    return new Clocks(time, this.#offsets, this.#stretches);
  }

  /** @throws JamesError ZONE_UNKNOWN */
  in(zone: string): WallClock {
    const shown = this.now + this.#stretch(zone).offset;
    const day = Math.floor(shown / DAY_MS);
    // The first day of the epoch was a Thursday.
    return { day: (((day + 3) % 7) + 7) % 7, ms: shown - day * DAY_MS };
  }

  /** A time, or one before it from which on clocks may be changed. */
  before(zone: string, time: number): number {
    return Math.min(time, this.#stretch(zone).end);
  }

  #stretch(zone: string): Stretch {
    const known = this.#stretches.get(zone);
    if (known && known.start <= this.now && this.now < known.end) return known;
    const found = stretchOf(zone, this.now, this.#offsets);
    this.#stretches.set(zone, found);
    return found;
  }
}

// Clocks are not changed twice within a day.
function stretchOf(zone: string, start: number, offsets: Offsets): Stretch {
  const offset = offsets(zone, start);
  if (offset === undefined)
    throw new JamesError("ZONE_UNKNOWN", `there is no time zone ${zone} here`, {
      hint: "Write another zone, or bring the time zones of this system up to date.",
    });
  const end = start + DAY_MS;
  if (offsets(zone, end) === offset) return { offset, start, end };
  let [low, high] = [start, end];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsets(zone, middle) === offset) low = middle;
    else high = middle;
  }
  return { offset, start, end: high };
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
    if (formats.size >= MOST_FORMATS) formats.clear();
    formats.set(zone, format);
    return format;
  } catch {
    return undefined;
  }
}
