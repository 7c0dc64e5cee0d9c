import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DAYS, JamesError, parseWindows, type Window, windowsAt, windowText } from "../src/index.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "Pacific/Apia",
];

const time = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map((parts) => parts.map((n) => `${n}`.padStart(2, "0")).join(":"));
const window = fc
  .record(
    {
      days: fc.subarray([...DAYS], { minLength: 1 }),
      from: time,
      to: fc.oneof(time, fc.constant("24:00")),
      zone: fc.constantFrom(...ZONES),
    },
    { requiredKeys: ["from", "to"] },
  )
  .map((one) => parseWindows([one])[0] as Window);
const lists = fc.array(fc.array(window, { minLength: 1, maxLength: 3 }), { maxLength: 3 });
const instant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2027, 0, 1) });
const zone = fc.constantFrom(...ZONES);

/** What the clock on the wall shows, told by another function than the model's. */
function wall(now: number, timeZone: string): { readonly day: number; readonly text: string } {
  const said = new Date(now).toLocaleString("en-GB", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  const [, day, text] = /^(\w{3})\D* (\d\d:\d\d)$/.exec(said) ?? [];
  return { day: DAYS.indexOf((day ?? "").toLowerCase() as (typeof DAYS)[number]), text: text ?? "" };
}

function isInside({ days, from, to, zone: own }: Window, now: number, zone: string): boolean {
  const { day, text } = wall(now, own ?? zone);
  const begins = (index: number) => !days || days.includes(DAYS[(index + 7) % 7] as (typeof DAYS)[number]);
  if (from < to) return begins(day) && from <= text && text < to;
  return (begins(day) && text >= from) || (begins(day - 1) && text < to);
}

test("law: a window is open when the clock on the wall is in it; of each list one has to be", () => {
  fc.assert(
    fc.property(lists, instant, zone, (all, now, zone) => {
      const expected = all.every((list) => list.some((one) => isInside(one, now, zone)));
      assert.equal(windowsAt(all, now, zone).isOpen, expected);
    }),
  );
});

test("law: until the time that is told nothing changes, and then it does", () => {
  fc.assert(
    fc.property(
      lists,
      instant,
      zone,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      (all, now, zone, parts) => {
        const { isOpen, until } = windowsAt(all, now, zone);
        const end = until ?? now + 14 * 24 * HOUR;
        assert.ok(end > now);
        for (const part of parts) {
          const between = Math.floor(now + part * (end - 1 - now));
          assert.equal(windowsAt(all, between, zone).isOpen, isOpen);
        }
        if (until !== undefined) {
          assert.equal(windowsAt(all, until - 1, zone).isOpen, isOpen);
          assert.equal(windowsAt(all, until, zone).isOpen, !isOpen);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("without windows it is always open; what excludes each other never is", () => {
  assert.deepEqual(windowsAt([], 0, "UTC"), { isOpen: true, until: undefined });
  const [one, other] = [
    { from: "01:00", to: "02:00" },
    { from: "03:00", to: "04:00" },
  ];
  assert.deepEqual(windowsAt([[one], [other]], 0, "UTC"), { isOpen: false, until: undefined });
  assert.deepEqual(windowsAt([[one, other]], 0, "UTC"), { isOpen: false, until: HOUR });
});

test("over midnight the day is that of the beginning; 24:00 is the end of it", () => {
  const friday = Date.UTC(2026, 10, 27);
  const night: Window = { days: ["fri"], from: "22:00", to: "06:00" };
  const at = (hours: number, one = night) => windowsAt([[one]], friday + hours * HOUR, "UTC");
  assert.deepEqual(at(21), { isOpen: false, until: friday + 22 * HOUR });
  assert.deepEqual(at(23), { isOpen: true, until: friday + 30 * HOUR });
  assert.deepEqual(at(29.5), { isOpen: true, until: friday + 30 * HOUR });
  assert.equal(at(5).isOpen, false);
  assert.deepEqual(at(23, { ...night, to: "24:00" }), { isOpen: true, until: friday + 24 * HOUR });
  assert.deepEqual(at(9, { ...night, from: "08:00", to: "08:00" }), {
    isOpen: true,
    until: friday + 32 * HOUR,
  });
});

test("clocks that are changed: what is left out opens when they jump into it, what comes twice is open twice", () => {
  const zone = "Europe/Berlin";
  const spring = Date.UTC(2026, 2, 29, 1);
  const early: Window = { from: "02:30", to: "04:00", zone };
  assert.deepEqual(windowsAt([[early]], spring - HOUR, "UTC"), { isOpen: false, until: spring });
  const gone: Window = { from: "02:15", to: "02:45", zone };
  assert.equal(windowsAt([[gone]], spring - HOUR, "UTC").until, spring + 23.25 * HOUR);
  const autumn = Date.UTC(2026, 9, 25, 1);
  const twice: Window = { from: "02:00", to: "02:30", zone };
  const until = (now: number) => windowsAt([[twice]], now, "UTC").until;
  assert.deepEqual(
    [until(autumn - HOUR), until(autumn - 0.5 * HOUR), until(autumn)],
    [autumn - 0.5 * HOUR, autumn, autumn + 0.5 * HOUR],
  );
});

test("what is no window is refused, and what is one is in order", () => {
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [[], /0 windows/],
    [[{ from: "7:00", to: "08:00" }], /no time of day/],
    [[{ from: "24:00", to: "08:00" }], /no time of day/],
    [[{ from: "07:00", to: "25:00" }], /no time of day/],
    [[{ days: [], from: "07:00", to: "08:00" }], /no days/],
    [[{ from: "07:00", to: "08:00", zone: "Europe/Nowhere" }], /no time zone/],
  ];
  for (const [windows, message] of bad)
    assert.throws(
      () => parseWindows(windows as Window[]),
      (error) =>
        error instanceof JamesError && error.code === "REQUEST_INVALID" && message.test(error.message),
    );
  const [one] = parseWindows([
    { to: "06:00", zone: "UTC", from: "22:00", days: ["sun", "sat", "sun"] },
  ]) as Window[];
  assert.equal(JSON.stringify(one), '{"days":["sat","sun"],"from":"22:00","to":"06:00","zone":"UTC"}');
  assert.equal(one && windowText(one), "sat,sun 22:00-06:00 UTC");
  const { zone: _, ...local } = one ?? assert.fail("there is one");
  assert.equal(windowText(local), "sat,sun 22:00-06:00 device time", "it is said by whose clock");
  assert.equal(parseWindows("always"), "always");
  assert.throws(
    () => windowsAt([[{ from: "01:00", to: "02:00" }]], 0, "No/Where"),
    (error) => error instanceof JamesError && error.code === "ZONE_UNKNOWN",
  );
});

test("of how many windows there are it hardly depends how often it is looked what clocks show", (t) => {
  const looks = t.mock.method(Intl.DateTimeFormat.prototype, "formatToParts").mock;
  const two = (n: number) => `${n}`.padStart(2, "0");
  const ofHour = (hour: number, minute: number): Window => {
    const [from, to] = [`${two(hour)}:${two(minute)}`, `${two(hour)}:${two(minute + 1)}`];
    return { days: ["mon"], from, to, zone: "Europe/Berlin" };
  };
  // Of two lists never both are open, so that all weeks ahead are looked through.
  const all = [0, 30].map((minute) => Array.from({ length: 20 }, (_, hour) => ofHour(hour, minute + hour)));
  assert.deepEqual(windowsAt(all, Date.UTC(2026, 0, 1), "UTC"), { isOpen: false, until: undefined });
  assert.ok(looks.callCount() > 0 && looks.callCount() < 100, `${looks.callCount()} looks`);
});

test("of zones that are written in ever other ways only so many are kept", (t) => {
  const made = t.mock.method(Intl, "DateTimeFormat").mock;
  const letters = [..."america/argentina/buenos_aires"];
  const written = (n: number): string =>
    letters.map((letter, i) => (n & (1 << i) ? letter.toUpperCase() : letter)).join("");
  const windows = (n: number) => parseWindows([{ from: "01:00", to: "02:00", zone: written(n) }]);
  for (let n = 0; n < 2000; n++) windows(n);
  const before = made.callCount();
  windows(1999);
  assert.equal(made.callCount(), before, "the last is known");
  windows(0);
  assert.equal(made.callCount(), before + 1, "the first is not");
});
