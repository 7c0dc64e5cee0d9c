import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { offsetOf } from "@jamesd/model";
import { skipUnless } from "@jamesd/testkit";
import fc from "fast-check";
import { parseZoneFile } from "../../src/zones/zone-file.ts";
import { parseZoneRule } from "../../src/zones/zone-rule.ts";
import { Zones } from "../../src/zones/zones.ts";

const FOLDER = "/usr/share/zoneinfo";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2030, 6);
const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
/** What a government may change, files and Node need not say alike: these are steady, and of all kinds of rules. */
const STEADY = [
  ...["Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Europe/Dublin"],
  ...["Asia/Kolkata", "Asia/Kathmandu", "Pacific/Auckland", "Pacific/Apia", "Pacific/Chatham"],
  ...["Antarctica/Troll", "America/St_Johns", "America/Phoenix", "Africa/Johannesburg", "Etc/GMT+5", "UTC"],
];

const skip = skipUnless(fileOf("Europe/Berlin") !== undefined, "needs tzdata");

function fileOf(zone: string): Buffer | undefined {
  try {
    return readFileSync(join(FOLDER, zone));
  } catch {
    return undefined;
  }
}

/** Holds that both say the same at a time, and at every hour of the days around the next change of clocks. */
function agree(zone: string, time: number): void {
  const file = fileOf(zone);
  const clocks = file && parseZoneFile(file);
  if (!clocks) return;
  const ours = (at: number): number => clocks(Math.floor(at / 1000)) * 1000;
  const same = (at: number): void =>
    assert.equal(ours(at), offsetOf(zone, at), `${zone} ${new Date(at).toISOString()}`);
  same(time);
  for (let day = time; day < time + 200 * DAY; day += DAY) {
    if (ours(day) === ours(day + DAY)) continue;
    let [low, high] = [day, day + DAY];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (ours(middle) === ours(day)) low = middle;
      else high = middle;
    }
    for (const at of [low, high, low - HOUR, high + HOUR, day, day + DAY]) same(at);
    return;
  }
}

test("every zone of the system is read", { skip }, () => {
  const zones = Intl.supportedValuesOf("timeZone").filter((zone) => fileOf(zone));
  assert.ok(zones.length > 300);
  assert.deepEqual(
    zones.filter((zone) => parseZoneFile(fileOf(zone) as Buffer) === undefined),
    [],
  );
});

test("law: files say of zones what Node does, to the millisecond of each change, also where they have a rule alone", {
  skip,
}, () => {
  const time = fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2086, 0) });
  fc.assert(fc.property(fc.constantFrom(...STEADY), time, agree), { numRuns: 300 });
});

test("rules are read as POSIX has them", () => {
  const at = (rule: string, ...time: Parameters<typeof Date.UTC>) =>
    (parseZoneRule(rule)?.(Date.UTC(...time) / 1000) ?? Number.NaN) / 3600;
  assert.equal(at("<+0530>-5:30", 2030, 0), 5.5);
  // Days counted with and without the 29th of February: each is the 1st of March.
  for (const [rule, year] of [
    ["AAA-1BBB,J60/0,J90", 2028],
    ["AAA-1BBB,60/0,90", 2028],
    ["AAA-1BBB,59/0,90", 2027],
  ] as const) {
    assert.equal(at(rule, year, 2, 0, 22, 59), 1, rule);
    assert.equal(at(rule, year, 2, 0, 23), 2, rule);
  }
  assert.equal(at("EST5EDT,0/0,J365/25", 2030, 0), -4, "always summer");
  assert.equal(at("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2030, 2, 31, 0, 59), -2);
  assert.equal(at("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2030, 2, 31, 1), -1, "a time of the day before");
  for (const wrong of ["", "A1", "AAA", "AAA1BBB,M3.6.0,M10.5.0", "AAA1BBB,M3.5.0", "AAA1\nBBB"])
    assert.equal(parseZoneRule(wrong), undefined, wrong);
});

/** A folder of files of zones, which say that they are of this version. */
function zoneFolder(t: TestContext, version: string): string {
  const folder = mkdtempSync(join(tmpdir(), "jamesc-zones-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "tzdata.zi"), `# version ${version}\n# and more\n`);
  copyFileSync(join(FOLDER, "Asia/Kolkata"), join(folder, "Mine"));
  return folder;
}

test("what is no file of a zone, or a broken one, is left to Node", { skip }, (t) => {
  const berlin = fileOf("Europe/Berlin") as Buffer;
  for (let length = 0; length < berlin.length; length += 1)
    assert.equal(parseZoneFile(berlin.subarray(0, length)), undefined, `${length}`);
  const old = Buffer.from(berlin);
  old.writeUInt8(0, 4);
  assert.equal(parseZoneFile(old), undefined, "of version 1");
  const folder = zoneFolder(t, "2026c");
  writeFileSync(join(folder, "Junk"), "junk");
  const zones = new Zones({ folder, nodes: "2026c" });
  assert.equal(zones.offsetOf("Mine", NOW), 5.5 * HOUR, "what only the system knows");
  assert.equal(zones.offsetOf("Junk", NOW), undefined);
  assert.equal(zones.offsetOf("../zoneinfo/Mine", NOW), undefined);
  assert.equal(zones.offsetOf("Europe/Berlin", NOW), 2 * HOUR, "there is no file");
});

test("of files and Node the later one counts", { skip }, (t) => {
  const tells = (version: string, nodes: string | undefined) =>
    new Zones({ folder: zoneFolder(t, version), nodes }).offsetOf("Mine", NOW) !== undefined;
  const never = [tells("2025c", "2026a"), tells("2026a", "2026b"), tells("none", "2026b")];
  assert.deepEqual(never, [false, false, false]);
  const always = [tells("2026b", "2026b"), tells("2026b", "2025c"), tells("2020a", undefined)];
  assert.deepEqual(always, [true, true, true]);
});

test("a device's own zone is what TZ says, or the link of the system", { skip }, (t) => {
  const link = join(zoneFolder(t, "2026c"), "localtime");
  symlinkSync("../usr/share/zoneinfo/Pacific/Auckland", link);
  const local = (name?: string) => new Zones({ name, link, nodes: "" }).local;
  assert.deepEqual(
    [local(), local(""), local("Asia/Kolkata")],
    ["Pacific/Auckland", "Pacific/Auckland", "Asia/Kolkata"],
  );
  for (const other of [":Asia/Kolkata", "CET-1CEST", "right/UTC", "/etc/passwd"])
    assert.equal(local(other), LOCAL_ZONE, other);
  assert.equal(new Zones({ link: "/nowhere" }).local, LOCAL_ZONE);
});
