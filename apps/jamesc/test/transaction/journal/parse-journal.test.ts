import assert from "node:assert/strict";
import { test } from "node:test";
import { appsDigest } from "@jamesd/model";
import { JOURNAL_FORMAT, type JournalRecord } from "../../../src/transaction/journal/journal-record.ts";
import { formatRecord, parseJournal } from "../../../src/transaction/journal/parse-journal.ts";
import { StateFile } from "../../../src/transaction/journal/state-file.ts";

const target = appsDigest([]);
const { before } = StateFile.restored("state.json", {});
const FIRST: JournalRecord = { record: "stage", id: "t", target, revision: 1, started: 0, areas: [] };
const STAGE: JournalRecord = { ...FIRST, format: 2 };
const BEGIN: JournalRecord = { record: "begin", before, operations: [] };
const SCRIPT: JournalRecord = { record: "script", operation: 0 };
const ROLLBACK: JournalRecord = { record: "rollback" };

function text(...parts: readonly (JournalRecord | string)[]): Buffer {
  return Buffer.from(parts.map((part) => (typeof part === "string" ? part : formatRecord(part))).join(""));
}

function kinds(bytes: Buffer): readonly string[] {
  return parseJournal("journal", bytes).records.map(({ record }) => record);
}

function torn(record: JournalRecord): string {
  return formatRecord(record).slice(0, -9);
}

test("a journal is read as it was written", () => {
  assert.deepEqual(kinds(text(STAGE, BEGIN, SCRIPT)), ["stage", "begin", "script"]);
  assert.deepEqual(kinds(text()), []);
});

test("what a crash tore at the end is left out, and cut off", () => {
  for (const tail of [torn(SCRIPT), `${torn(SCRIPT)}\0\0\0\n`, `\0\0\0\n${torn(SCRIPT)}`, "\0\0\0\0"]) {
    const parsed = parseJournal("journal", text(STAGE, BEGIN, tail));
    assert.deepEqual([parsed.records.length, parsed.isOpen], [2, false], JSON.stringify(tail));
    assert.equal(parsed.length, text(STAGE, BEGIN).length);
  }
  assert.deepEqual(parseJournal("journal", text(torn(STAGE))), { records: [], length: 0, isOpen: false });
  const open = parseJournal("journal", text(STAGE, formatRecord(BEGIN).slice(0, -1)));
  assert.deepEqual([open.records.length, open.isOpen], [2, true], "only the end of its line is missing");
});

test("a broken record that no crash tore is JOURNAL_CORRUPT", () => {
  const flipped = formatRecord(BEGIN).replace("before", "befone");
  for (const bytes of [
    text(STAGE, flipped),
    text(STAGE, flipped, SCRIPT),
    text(formatRecord(STAGE).replace("stage", "stale"), BEGIN),
    text(STAGE, torn(BEGIN), "\n", SCRIPT),
    text(STAGE, `\0${formatRecord(BEGIN).slice(1)}`, SCRIPT),
    text(BEGIN),
    text({ ...FIRST, format: JOURNAL_FORMAT + 1 }, BEGIN),
  ])
    assert.throws(() => parseJournal("journal", bytes), { code: "JOURNAL_CORRUPT" }, bytes.toString());
});

test("journals of the first jamesc, which put an end to what was torn, are read; damaged ones are not", () => {
  const ended = `${torn(SCRIPT)}\n`;
  assert.deepEqual(kinds(text(FIRST, BEGIN, SCRIPT)), ["stage", "begin", "script"]);
  assert.deepEqual(kinds(text(FIRST, BEGIN, ended, ROLLBACK, ended, ROLLBACK)), [
    "stage",
    "begin",
    "rollback",
    "rollback",
  ]);
  assert.deepEqual(kinds(text(FIRST, BEGIN, ended)), ["stage", "begin"]);
  for (const bytes of [
    text(FIRST, `${torn(BEGIN)}\n`, SCRIPT),
    text(FIRST, `${torn(BEGIN)}\n`, ROLLBACK),
    text(FIRST, `${torn(BEGIN)}\n`),
    text(FIRST, BEGIN, ended, SCRIPT),
  ])
    assert.throws(() => parseJournal("journal", bytes), { code: "JOURNAL_CORRUPT" }, bytes.toString());
});
