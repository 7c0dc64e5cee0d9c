import assert from "node:assert/strict";
import { test } from "node:test";
import { painter, printResult } from "@jamesd/config/print";
import { printTable } from "../src/print/table.ts";

const TABLE = {
  columns: ["id", "sync"],
  rows: [
    [{ text: "a\x1b[2J", tone: "faint" as const }, "x"],
    ["longer", { text: "failed", tone: "bad" as const }],
  ],
};
const [RED, GRAY, END] = ["\x1b[31m", "\x1b[90m", "\x1b[39m"];

test("colours change no column, and texts steer no terminal through them", async () => {
  const plain = await printResult({ data: [], table: TABLE }, "table");
  assert.equal(plain, "ID      SYNC\na\uFFFD[2J   x\nlonger  failed\n");
  const paint = painter("always", { isTerminal: false, env: {} });
  const painted = await printResult({ data: [], table: TABLE }, "table", paint);
  assert.equal(painted, `ID      SYNC\n${GRAY}a\uFFFD[2J${END}   x\nlonger  ${RED}failed${END}\n`);
  assert.equal(await printResult({ data: "x" }, "json", paint), '"x"\n');
});

test("there are colours on a terminal, unless somebody or something says otherwise", async () => {
  const isPainted = (...given: Parameters<typeof painter>) => painter(...given) !== undefined;
  for (const [when, isTerminal, env, expected] of [
    ["auto", true, {}, true],
    ["auto", true, { TERM: "xterm", NO_COLOR: "" }, true],
    ["auto", false, {}, false],
    ["auto", true, { NO_COLOR: "1" }, false],
    ["auto", true, { TERM: "dumb" }, false],
    ["always", false, { NO_COLOR: "1" }, true],
    ["never", true, {}, false],
  ] as const)
    assert.equal(
      isPainted(when, { isTerminal, env }),
      expected,
      `${when} ${isTerminal} ${JSON.stringify(env)}`,
    );
});

test("a table has as many rows as there are devices", async () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => [`device-${i}`]);
  const lines = printTable({ columns: ["id"], rows }).split("\n");
  assert.deepEqual([lines.length, lines.at(-2)], [200_002, "device-199999"]);
});
