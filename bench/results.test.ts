import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatSection, replaceSection, withDates, withRowsBefore } from "./results.ts";
import { median, spread } from "./statistics.ts";

const FINDING = {
  summary: "What was measured.",
  columns: ["what", "µs"],
  rows: [["a", "1.0"]],
  notes: ["A note."],
};

test("a section has the machine, the date, the command and the table", () => {
  const section = formatSection("speed", FINDING, "a machine", new Date("2026-01-02T03:04:05Z"));
  assert.equal(
    section,
    "## speed\n\n2026-01-02, `npm run bench -- speed`, a machine\n\nWhat was measured.\n\n| what | µs |\n| --- | ---: |\n| a | 1.0 |\n\n- A note.\n",
  );
});

test("a saved section replaces only the one of its name, and is put at the end when there is none", () => {
  const first = replaceSection("# Results\n\nWords.\n", "one", "## one\n\n1\n");
  const both = replaceSection(first, "two", "## two\n\n2\n");
  assert.equal(both, "# Results\n\nWords.\n\n## one\n\n1\n\n## two\n\n2\n");
  const again = replaceSection(both, "one", "## one\n\nnew\n");
  assert.equal(again, "# Results\n\nWords.\n\n## one\n\nnew\n\n## two\n\n2\n");
  assert.equal(replaceSection(again, "one", "## one\n\nnew\n"), again);
});

test("a row of a go of its own takes the place of that which was there, and leaves the others, and what is noted on them", () => {
  const named = { ...FINDING, named: 1 };
  const saved = (
    document: string,
    rows: readonly (readonly string[])[],
    day: string,
    note = "A note.",
  ): string => {
    const found = withDates({ ...named, rows, notes: [note] }, new Date(day));
    const finding = withRowsBefore(found, document, "speed");
    return replaceSection(document, "speed", formatSection("speed", finding, "a machine", new Date(day)));
  };
  const first = saved(
    "# Results\n",
    [
      ["a", "1.0"],
      ["b", "2.0"],
    ],
    "2026-01-02",
  );
  const both = saved(
    first,
    [
      ["a", "3.0"],
      ["c", "4.0"],
    ],
    "2026-01-03",
  );
  const table = both.split("\n").filter((line) => line.startsWith("|"));
  assert.deepEqual(table, [
    "| what | µs | on |",
    "| --- | ---: | ---: |",
    "| a | 3.0 | 2026-01-03 |",
    "| b | 2.0 | 2026-01-02 |",
    "| c | 4.0 | 2026-01-03 |",
  ]);
  const noted = saved(both, [["a", "5.0"]], "2026-01-04", "Another.");
  assert.match(noted, /\n\n- A note\.\n- Another\.\n$/);
});

test("rows before do not stay in a table that has other columns, nor in one that is of one go", () => {
  const document = "## speed\n\n| what | ms | on |\n| --- | ---: | ---: |\n| b | 2.0 | 2026-01-02 |\n";
  const named = withDates({ ...FINDING, named: 1 }, new Date("2026-01-03"));
  assert.deepEqual(withRowsBefore(named, document, "speed"), named);
  assert.deepEqual(withRowsBefore(withDates(FINDING, new Date()), document, "speed"), FINDING);
});

test("the median of an even number of values is between the middle two", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(spread([3, 1, 2], 1), "2.0 (1.0 to 3.0)");
});

test("the page on sizing says what a held check-in takes as it was measured last", () => {
  const read = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");
  const measured = /^## checkin-held\n[^#]*\n\| 10000 \| ([\d.]+) /m.exec(read("RESULTS.md"));
  const said = /^\| a device that holds a check-in \| (\d+) KB/m.exec(read("../docs/sizing.md"));
  const ratio = Number(said?.[1]) / Number(measured?.[1]);
  assert.ok(Math.abs(ratio - 1) < 0.1, `${said?.[0]}; measured: ${measured?.[1]}`);
});
