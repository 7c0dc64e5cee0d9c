import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { requireTool, sh, skipUnless } from "@jamesd/testkit";
import { Journal } from "../../../src/transaction/journal/journal.ts";
import type { JournalRecord } from "../../../src/transaction/journal/journal-record.ts";

const skip = requireTool("mount", "umount") || skipUnless(process.getuid?.() === 0, "needs root to mount");

const long: JournalRecord = { record: "mark".repeat(4000) } as unknown as JournalRecord;
const short: JournalRecord = { record: "rollback" };

test("a record for whose end there is no room leaves nothing that runs into the next one", { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), "jamesc-journal-"));
  sh("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir);
  try {
    const path = join(dir, "journal");
    const journal = Journal.create(path);
    journal.append({ record: "stage", areas: [] } as unknown as JournalRecord);
    // Room for one page behind the one that the journal has.
    const { bavail, bsize } = statfsSync(dir);
    writeFileSync(join(dir, "filling"), Buffer.alloc((bavail - 1) * bsize));
    assert.throws(() => journal.append(long), { code: "STORAGE_FULL" });
    journal.tryToNote(long);
    journal.append(short);
    journal.close();
    assert.deepEqual(
      Journal.read(path)?.records.map(({ record }) => record),
      ["stage", "rollback"],
    );
  } finally {
    sh("umount", "-l", dir);
    rmSync(dir, { recursive: true });
  }
});
