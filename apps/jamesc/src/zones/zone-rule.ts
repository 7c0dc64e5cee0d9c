const DAY = 86_400;
const NAME = "(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)";
const OFFSET = "[+-]?\\d{1,3}(?::\\d\\d){0,2}";
const DATE = "(?:J\\d{1,3}|\\d{1,3}|M\\d{1,2}\\.[1-5]\\.[0-6])";
const CHANGE = `,(${DATE})(?:/(${OFFSET}))?`;
const RULE = new RegExp(`^${NAME}(${OFFSET})(?:${NAME}(${OFFSET})?${CHANGE}${CHANGE})?$`);

/** How far clocks are ahead of UTC, in seconds, at a time in seconds since the epoch. */
export type OffsetAt = (time: number) => number;

/** Clocks by a rule for all times, as TZ of POSIX has it; undefined: it is none. */
export function parseZoneRule(text: string): OffsetAt | undefined {
  const [, west, dstWest, start, startTime, end, endTime] = RULE.exec(text) ?? [];
  if (west === undefined) return undefined;
  const standard = 0 - secondsOf(west);
  if (start === undefined || end === undefined) return () => standard;
  const summer = dstWest === undefined ? standard + 3600 : 0 - secondsOf(dstWest);
  return (time) => {
    const year = new Date((time + standard) * 1000).getUTCFullYear();
    const [from, to] = [
      dayOf(start, year) + secondsOf(startTime ?? "2") - standard,
      dayOf(end, year) + secondsOf(endTime ?? "2") - summer,
    ];
    const isSummer = from < to ? from <= time && time < to : time < to || from <= time;
    return isSummer ? summer : standard;
  };
}

function secondsOf(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, "").split(":").map(Number);
  return (hours * 3600 + minutes * 60 + seconds) * (text.startsWith("-") ? -1 : 1);
}

/** When a day of a year begins, in seconds since the epoch as if its clocks were those of UTC. */
function dayOf(date: string, year: number): number {
  const [first = 0, week = 0, weekday = 0] = date.replace(/^[JM]/, "").split(".").map(Number);
  if (date.startsWith("M")) return weekdayOf(year, first, week, weekday);
  // With J the 29th of February is never counted.
  const isLeap = startOf(year, 2) - startOf(year, 1) === 29 * DAY;
  const days = date.startsWith("J") && !(isLeap && first >= 60) ? first - 1 : first;
  return startOf(year, 0) + days * DAY;
}

/** Of week 5 the last one in the month. */
function weekdayOf(year: number, month: number, week: number, weekday: number): number {
  const first = startOf(year, month - 1);
  // The first day of the epoch was a Thursday.
  const ahead = (((weekday - first / DAY - 4) % 7) + 7) % 7;
  const day = first + (ahead + 7 * (week - 1)) * DAY;
  return day < startOf(year, month) ? day : day - 7 * DAY;
}

function startOf(year: number, month: number): number {
  return Date.UTC(year, month, 1) / 1000;
}
