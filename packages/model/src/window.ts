import { JamesError } from "./error.ts";
import { Clocks, DAY_MS, type Offsets, offsetOf } from "./zone.ts";

/** The days of a week, as they are written. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

/** A time in which devices may change: on the days on which it begins, from a time of day to another, by the clock on the wall. */
export interface Window {
  /** Left out: every day. */
  readonly days?: readonly Day[] | undefined;
  /** `22:00` */
  readonly from: string;
  /** `06:00`, of the next day when it is not later than `from`; `24:00` is midnight. */
  readonly to: string;
  /** A name of the IANA time zone database, such as `Europe/Berlin`. Left out: the device's. */
  readonly zone?: string | undefined;
}

/** When a document lets devices change: in any of these windows, or always, whatever specs say. */
export type WindowPolicy = "always" | readonly Window[];

/** More windows in one document are no windows. */
export const MAX_WINDOWS = 20;

/** Whether devices may change now, and when that is no longer so; undefined: not within the next weeks. */
export interface WindowState {
  readonly isOpen: boolean;
  readonly until: number | undefined;
}

/** How far is looked ahead: every week is alike but for the changes of clocks. */
const AHEAD_MS = 15 * DAY_MS;

/** Sees that windows are possible. @throws JamesError REQUEST_INVALID */
export function parseWindows(windows: WindowPolicy): WindowPolicy {
  if (windows === "always") return windows;
  if (windows.length === 0 || windows.length > MAX_WINDOWS)
    throw invalid(`there are ${windows.length} windows`, `Give 1 to ${MAX_WINDOWS}, or write always.`);
  return windows.map(parseWindow);
}

function parseWindow({ days, from, to, zone }: Window): Window {
  for (const time of [from, to])
    if (minutesOf(time) === undefined || from === "24:00")
      throw invalid(`${JSON.stringify(time)} is no time of day`, "Write hours and minutes, such as 22:00.");
  if (days?.length === 0) throw invalid("a window has no days", "Leave days out for every day.");
  if (zone !== undefined && offsetOf(zone, 0) === undefined)
    throw invalid(
      `${JSON.stringify(zone)} is no time zone that is known here`,
      "Write a name of the IANA time zone database, such as Europe/Berlin or UTC.",
    );
  return {
    ...(days && { days: DAYS.filter((day) => days.includes(day)) }),
    ...{ from, to },
    ...(zone !== undefined && { zone }),
  };
}

/** True when both say the same. */
export function sameWindows(a: WindowPolicy | undefined, b: WindowPolicy | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A window in a line, such as `mon,tue 22:00-06:00 Europe/Berlin`. @param whose what is said of one that names no zone, by whose clock it counts */
export function windowText({ days, from, to, zone }: Window, whose = "device time"): string {
  return [...(days ? [days.join(",")] : []), `${from}-${to}`, zone ?? whose].join(" ");
}

/**
 * Whether devices may change at a time: of each of the lists one window must be open. `zone` is that of windows without
 * one, and `offsets` say what clocks show. @throws JamesError ZONE_UNKNOWN
 */
export function windowsAt(
  lists: readonly (readonly Window[])[],
  now: number,
  zone: string,
  offsets: Offsets = offsetOf,
): WindowState {
  const spans = lists.map((list) => list.map((one) => spanOf(one, zone)));
  const times = timesOf(spans.flat());
  let clocks = new Clocks(now, offsets);
  const isOpenNow = (): boolean => spans.every((list) => list.some((one) => isOpen(one, clocks)));
  const before = isOpenNow();
  while (times.size > 0) {
    const next = nextBoundary(times, clocks);
    if (next > now + AHEAD_MS) break;
    clocks = clocks.at(next);
    if (isOpenNow() !== before) return { isOpen: before, until: next };
  }
  return { isOpen: before, until: undefined };
}

/** A window as it is compared: times of day in milliseconds. */
interface Span {
  /** The days on which it begins; 0 is Monday. */
  readonly begins: readonly boolean[];
  readonly start: number;
  readonly end: number;
  readonly zone: string;
}

function spanOf({ days, from, to, zone }: Window, defaultZone: string): Span {
  return {
    begins: DAYS.map((day) => !days || days.includes(day)),
    ...{ start: msOf(from), end: msOf(to), zone: zone ?? defaultZone },
  };
}

/** The times of day at which windows may open or close, in order, by their zones: of a thousand windows there are few. */
function timesOf(spans: readonly Span[]): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, Set<number>>();
  for (const { zone, start, end } of spans) {
    const known = times.get(zone) ?? new Set([DAY_MS]);
    times.set(zone, known.add(start).add(end));
  }
  return new Map([...times].map(([zone, known]) => [zone, [...known].sort((a, b) => a - b)]));
}

// By the clock on the wall: an hour that comes twice is in a window twice, one that is left out is in none.
function isOpen({ begins, start, end, zone }: Span, clocks: Clocks): boolean {
  const { day, ms } = clocks.in(zone);
  const [today, yesterday] = [begins[day], begins[(day + 6) % 7]];
  if (start < end) return today === true && start <= ms && ms < end;
  return (today === true && ms >= start) || (yesterday === true && ms < end);
}

/** The next time at which a window may open or close: nothing changes before. */
function nextBoundary(times: ReadonlyMap<string, readonly number[]>, clocks: Clocks): number {
  const ofZones = [...times].map(([zone, known]) => {
    const { ms } = clocks.in(zone);
    // Midnight is always among them.
    const next = known.find((time) => time > ms) ?? DAY_MS;
    return clocks.before(zone, clocks.now + next - ms);
  });
  return Math.min(...ofZones);
}

function msOf(time: string): number {
  return (minutesOf(time) ?? 0) * 60_000;
}

/** Minutes since midnight; undefined for what is no time of day. */
function minutesOf(time: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  if (time === "24:00") return 24 * 60;
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

function invalid(message: string, hint: string): JamesError {
  return new JamesError("REQUEST_INVALID", message, { hint });
}
