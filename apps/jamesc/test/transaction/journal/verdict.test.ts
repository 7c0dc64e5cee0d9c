import assert from "node:assert/strict";
import { test } from "node:test";
import { appsDigest } from "@jamesd/model";
import type { SavedState } from "../../../src/transaction/journal/device-state.ts";
import type { JournalRecord } from "../../../src/transaction/journal/journal-record.ts";
import { StateFile } from "../../../src/transaction/journal/state-file.ts";
import { judge, type Verdict } from "../../../src/transaction/journal/verdict.ts";

const target = appsDigest([]);
const named = { id: "t", target, revision: 1, started: 0, areas: [] };
const { before } = StateFile.restored("state.json", {});

const STAGE: JournalRecord = { record: "stage", format: 2, ...named };
const BEGIN: JournalRecord = { record: "begin", before, operations: [] };
const ROLLBACK: JournalRecord = { record: "rollback" };

/** The columns of the table in docs/atomic-install.md. */
const JOURNALS = {
  none: undefined,
  empty: [],
  stage: [STAGE],
  begin: [STAGE, BEGIN],
  rollback: [STAGE, BEGIN, ROLLBACK],
  another: [{ ...STAGE, id: "u" } as JournalRecord, BEGIN],
} as const;

type Says = Pick<SavedState, "begun" | "ended">;
const STATES: { readonly [name: string]: Says } = {
  "nothing of it": { begun: null, ended: { id: "s", outcome: "committed" } },
  "it has begun": { begun: named, ended: null },
  committed: { begun: null, ended: { id: "t", outcome: "committed" } },
  "rolled back": { begun: null, ended: { id: "t", outcome: "rolled-back" } },
};

const TABLE: { readonly [state: string]: { readonly [K in keyof typeof JOURNALS]: Verdict } } = {
  "nothing of it": {
    none: "nothing",
    empty: "clean up",
    stage: "clean up",
    begin: "undo",
    rollback: "undo",
    another: "undo",
  },
  "it has begun": {
    none: "lost",
    empty: "lost",
    stage: "lost",
    begin: "undo",
    rollback: "undo",
    another: "lost",
  },
  committed: {
    none: "nothing",
    empty: "clean up",
    stage: "clean up",
    begin: "clean up",
    rollback: "undo",
    another: "undo",
  },
  "rolled back": {
    none: "nothing",
    empty: "clean up",
    stage: "clean up",
    begin: "clean up",
    rollback: "clean up",
    another: "undo",
  },
};

for (const [state, row] of Object.entries(TABLE))
  test(`state.json says ${state}: every journal leads where the table says`, () => {
    const found = Object.entries(JOURNALS).map(([name, records]) => [
      name,
      judge(records, STATES[state] as Says),
    ]);
    assert.deepEqual(Object.fromEntries(found), row);
  });
