import assert from "node:assert/strict";
import { test } from "node:test";
import { SqliteDatabase } from "../../src/sqlite/database.ts";
import { SqliteFeed } from "../../src/sqlite/feed.ts";

test("keeps so many changes, and says when older ones are asked for", async () => {
  const db = SqliteDatabase.open(":memory:");
  try {
    const feed = new SqliteFeed(db, 3);
    for (let revision = 1; revision <= 5; revision += 1)
      await db.write(() => feed.append({ kind: "revision", revision }));
    assert.equal(await feed.head(), 5);
    assert.equal(await feed.changes(0), undefined);
    assert.equal(await feed.changes(1), undefined);
    assert.deepEqual(
      (await feed.changes(2))?.map(({ position }) => position),
      [3, 4, 5],
    );
  } finally {
    db.close();
  }
});
