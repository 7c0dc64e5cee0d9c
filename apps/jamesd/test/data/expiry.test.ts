import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { memoryFolder, waitFor } from "@jamesd/testkit";
import { pino } from "pino";
import { openData } from "../../src/data/open-data.ts";
import { openStores } from "../../src/data/stores.ts";
import { deviceRemoved } from "../../src/repository/make-event.ts";

const DAY = 86_400_000;
const MOST = 1024 * 1024;

test("of a log of which all is too old, as for a clock that is years ahead, a start deletes the oldest day alone", async () => {
  const data = memoryFolder("jamesd-expiry-");
  try {
    const stores = await openStores(data, MOST);
    const begun = Date.now() - 1000 * DAY;
    for (const hours of [0, 1, 23, 25, 26, 24 * 300])
      await stores.repository.events.add(
        deviceRemoved("d", { author: "olga", address: "::1", time: begun + (hours * DAY) / 24 }),
      );
    await stores.close();
    const settings = { data, maxUploadBytes: MOST, gcEvery: 0, keepEvents: 90 * DAY };
    const opened = await openData(settings, pino({ level: "silent" }));
    const { events } = opened.stores.repository;
    const left = async () => (await events.page({ limit: 9, isLast: false })).map(({ sequence }) => sequence);
    await waitFor("the oldest to go", async () => (await left()).length < 6 || undefined);
    assert.deepEqual(await left(), [4, 5, 6]);
    await opened.close();
  } finally {
    rmSync(data, { recursive: true });
  }
});
