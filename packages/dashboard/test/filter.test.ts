import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SYNC_STATUSES } from "@jamesd/protocol";
import fc from "fast-check";
import { commandOf } from "../src/logic/filter/command.ts";
import { parseFilter } from "../src/logic/filter/parse.ts";
import { printFilter } from "../src/logic/filter/print.ts";
import { KEYS, SECONDS, type Term, type Unit } from "../src/logic/filter/term.ts";

const text = fc.string({ minLength: 1, unit: "grapheme", maxLength: 12 });
const word = text.filter((one) => !one.includes(","));
const yes = fc.boolean();
const than = fc.constantFrom("<" as const, ">" as const);
const wish = fc.oneof(
  fc.record({
    key: fc.constant("sync" as const),
    values: fc.uniqueArray(fc.constantFrom(...SYNC_STATUSES), { minLength: 1 }),
  }),
  fc.record({ key: fc.constantFrom("tag" as const, "id" as const, "text" as const), value: text }),
  fc.record({ key: fc.constant("packet" as const), value: fc.stringMatching(/^[0-9a-f]{4,64}$/) }),
  fc.record({ key: fc.constant("app" as const), name: word, tags: fc.array(word, { maxLength: 3 }) }),
  fc.record({
    key: fc.constant("seen" as const),
    than,
    count: fc.nat(999_999),
    unit: fc.constantFrom(...(Object.keys(SECONDS) as Unit[])),
  }),
  fc.record({
    key: fc.constant("revision" as const),
    than: fc.oneof(than, fc.constant(":" as const)),
    value: fc.nat(),
  }),
  fc.record({ key: fc.constantFrom("connected" as const, "late" as const), is: yes }),
  fc.record({
    key: fc.constant("drift" as const),
    is: fc.constantFrom("yes" as const, "no" as const, "unknown" as const),
  }),
);
const terms: fc.Arbitrary<Term[]> = fc.array(
  fc.tuple(wish, yes).map(([one, not]) => ({ ...one, not })),
  { maxLength: 6 },
);

test("a filter that is printed is read as it was", () => {
  fc.assert(
    fc.property(terms, (given) =>
      assert.deepEqual(parseFilter(printFilter(given)), { terms: given, problems: [] }),
    ),
    { numRuns: 500 },
  );
});

test("whatever is typed is read or told, never thrown; and what was read is read again", () => {
  const typed = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc
      .array(fc.constantFrom("-", "tag", ":", "<", ">", '"', "\\", " ", "seen", "7d", "sync", "failed", ","))
      .map((all) => all.join("")),
  );
  fc.assert(
    fc.property(typed, (one) => {
      const { terms: read, problems } = parseFilter(one);
      assert.ok(read.length + problems.length > 0 || one.trim() === "", one);
      assert.deepEqual(parseFilter(printFilter(read)), { terms: read, problems: [] });
    }),
    { numRuns: 500 },
  );
});

test("a filter says with words and marks what is wanted, and NOT", () => {
  const given =
    'sync:failed,pending -tag:lab seen<7d connected:no app:openvpn,2.6 drift:yes late:no id:gw-1 "a:b" 07';
  assert.equal(printFilter(parseFilter(given).terms), given);
  assert.deepEqual(parseFilter('-"two words"').terms, [{ key: "text", value: "two words", not: true }]);
});

test("what is not known is told, with what is; the rest counts", () => {
  const cases: readonly [string, RegExp][] = [
    ["color:red", /^color:red: known are sync, tag, .*; a text with a colon is written in quotes$/],
    ["sync:broken", /^sync:broken: a device is in-sync, pending, .* or unmanaged$/],
    ["seen:7d", /^seen:7d: write seen<7d/],
    ["seen<7y", /^seen<7y: write seen<7d/],
    ["seen<7constructor", /write seen<7d/],
    ["connected:maybe", /^connected:maybe: write connected:yes or connected:no$/],
    ["drift>3", /^drift>3: write drift:3$/],
    ["drift:3", /drift:unknown$/],
    ["packet:0aX", /write how a digest begins/],
    ["app:,v1", /write app:NAME/],
    ["revision<new", /write a number/],
    ["tag:", /^tag:: something has to follow$/],
    ["-", /^-: something has to follow$/],
    ['"open', /the quote is not closed/],
    ["constructor:x", /known are/],
  ];
  for (const [one, problem] of cases) {
    const { terms: read, problems } = parseFilter(`tag:lab ${one}`);
    assert.deepEqual(read, [{ key: "tag", value: "lab", not: false }], one);
    assert.equal(problems.length, 1, one);
    assert.match(problems[0] ?? "", problem);
  }
});

test("a filter has a command that lists the same, or it says that the command lists more", () => {
  const command = (one: string) => commandOf(parseFilter(one).terms);
  assert.deepEqual(command(""), { text: "list-systems", isAll: true });
  assert.deepEqual(command("tag:a sync:failed,pending tag:b -connected:yes app:vpn,v1 drift:yes seen<2w"), {
    text: "list-systems --tags a,b --sync failed,pending --disconnected --app vpn --app-tags v1 --drift --seen-since '14d ago'",
    isAll: true,
  });
  assert.deepEqual(command(`tag:"it's" seen>12h`), {
    text: `list-systems --tags 'it'\\''s' --seen-before '12h ago'`,
    isAll: true,
  });
  for (const one of [
    "-tag:a",
    "gw",
    "id:a",
    "drift:no",
    "sync:failed sync:pending",
    "late:yes",
    "revision:1",
  ])
    assert.equal(command(one).isAll, false, one);
});

test("the documentation has every word, and each example in it is read", () => {
  const text = readFileSync(new URL("../../../docs/dashboard.md", import.meta.url), "utf8");
  const rows = text.split("\n| --- | --- |\n")[1]?.split("\n\n")[0]?.split("\n") ?? [];
  const examples = rows.flatMap((row) => row.match(/`[^`]{2,}`/g) ?? []).map((one) => one.slice(1, -1));
  assert.ok(examples.length > 10);
  const found = examples.flatMap((example) => {
    const { terms: read, problems } = parseFilter(example);
    assert.deepEqual(problems, [], example);
    return read.map(({ key }) => key);
  });
  assert.deepEqual(new Set(found), new Set([...KEYS, "text"]));
});
