import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { memoryFolder } from "@jamesd/testkit";
import { Devices } from "../src/fleet/devices.ts";
import { Documents } from "../src/fleet/documents.ts";
import { EventLog } from "../src/fleet/event-log.ts";
import { Targets } from "../src/fleet/targets.ts";
import { Catalogue } from "../src/packets/catalogue.ts";
import type { EventQuery, EventStore } from "../src/repository/event-store.ts";
import type { Repository } from "../src/repository/repository.ts";
import { openSqliteRepository } from "../src/sqlite/open.ts";
import { deviceOf, failsWith, own } from "./repository/repository.contract.ts";

const REQUEST = { author: "olga", address: "10.0.0.1", time: 1000, message: "" };
const FOREVER = new AbortController().signal;
const WAIT_MS = 60_000;

interface Scene {
  readonly repository: Repository;
  readonly log: EventLog;
  readonly devices: Devices;
  /** How many listen to the repository. */
  readonly listening: () => number;
  /** Has something happen once, after the next look and before its outcome is known. */
  readonly within: (happening: () => Promise<unknown>) => void;
  /** Every query that was asked of the repository, in order. */
  readonly asked: readonly EventQuery[];
  /** Resolves when so many queries were asked. */
  readonly askedSo: (many: number) => Promise<void>;
}

async function withLog(work: (scene: Scene) => Promise<void>): Promise<void> {
  const dir = memoryFolder("jamesd-events-");
  const repository = await openSqliteRepository(join(dir, "jamesd.db"));
  const asked: EventQuery[] = [];
  const happenings: (() => Promise<unknown>)[] = [];
  let listening = 0;
  const listeners = new Set<() => void>();
  const devices = new Devices(
    repository,
    new Targets(new Catalogue([]), repository.packets, Documents.of([], [])),
    { isConnected: () => false },
  );
  const watched: Pick<EventStore, "page" | "onNews"> = {
    page: async (query) => {
      asked.push(query);
      for (const listener of listeners) listener();
      const events = await repository.events.page(query);
      if (query.isLast) return events;
      const happening = happenings.shift();
      await happening?.();
      return events;
    },
    onNews: (listener) => {
      const stop = repository.events.onNews(listener);
      listening += 1;
      return () => {
        listening -= 1;
        stop();
      };
    },
  };
  const log = new EventLog(watched, devices);
  const askedSo = (many: number) =>
    new Promise<void>((resolve) => {
      const look = (): void => {
        if (asked.length >= many) resolve();
      };
      listeners.add(look);
      look();
    });
  try {
    await work({
      ...{ repository, log, devices, asked, askedSo },
      listening: () => listening,
      within: (happening) => void happenings.push(happening),
    });
  } finally {
    if (listening > 0) log.close();
    await repository.close();
    await rm(dir, { recursive: true });
  }
}

test("who waits has what was looked at already not looked at again when there is news", () =>
  withLog(async ({ repository, log, asked, askedSo }) => {
    for (const id of ["a", "b", "c"]) await repository.documents.commit([own(id, [])], REQUEST);
    const page = log.page({ kinds: ["device-removed"], limit: 10, isLast: false }, WAIT_MS, FOREVER);
    const fits = () => asked.filter(({ kinds }) => kinds).map(({ after }) => after);
    // Each look has two parts: which event is the newest, and what fits.
    await askedSo(2);
    await repository.documents.commit([own("d", [])], REQUEST);
    await askedSo(4);
    assert.deepEqual(fits(), [0, 3]);
    await repository.devices.save([deviceOf("d")], []);
    await repository.devices.remove("d", REQUEST);
    assert.deepEqual(
      (await page).map(({ sequence }) => sequence),
      [6],
    );
    assert.deepEqual(fits(), [0, 3, 4]);
  }));

test("what happens while it is looked is not missed", () =>
  withLog(async ({ repository, log, within }) => {
    within(async () => {
      await repository.documents.commit([own("a", [])], REQUEST);
      await turn();
    });
    const page = await log.page({ limit: 10, isLast: false }, WAIT_MS, FOREVER);
    assert.equal(page.length, 1);
  }));

test("nor is what others who wait were told of meanwhile", () =>
  withLog(async ({ repository, log, within, askedSo }) => {
    const ask = () => log.page({ limit: 10, isLast: false }, WAIT_MS, FOREVER);
    const other = ask();
    await askedSo(2);
    await turn();
    within(async () => {
      await repository.documents.commit([own("a", [])], REQUEST);
      await other;
    });
    assert.equal((await ask()).length, 1);
  }));

test("who does not wait costs one look", () =>
  withLog(async ({ repository, log, asked }) => {
    await repository.documents.commit([own("a", [])], REQUEST);
    assert.deepEqual(await log.page({ after: 1, limit: 10, isLast: false }, 0, FOREVER), []);
    assert.equal(asked.length, 1);
  }));

test("who went, is no longer waited for", () =>
  withLog(async ({ log, askedSo }) => {
    const gone = new AbortController();
    const page = log.page({ limit: 10, isLast: false }, WAIT_MS, gone.signal);
    await askedSo(2);
    gone.abort();
    assert.deepEqual(await page, []);
  }));

test("a device that is known is asked for with its tags; one that nobody ever saw is refused", () =>
  withLog(async ({ repository, log, devices }) => {
    const apps = { selector: ["armv7l"], apps: [], policy: {} };
    await repository.documents.commit([{ kind: "spec", id: "s", content: apps }], REQUEST);
    const ask = () => log.page({ device: "d", limit: 10, isLast: false }, 0, FOREVER);
    await assert.rejects(ask(), failsWith("DEVICE_UNKNOWN", /there is no device "d"/));
    devices.take(deviceOf("d"));
    assert.deepEqual(
      (await ask()).map(({ kind }) => kind),
      ["revision"],
    );
  }));

test("a log that was closed lets go who waits, and holds nobody any more", () =>
  withLog(async ({ log, askedSo, listening }) => {
    const ask = () => log.page({ limit: 10, isLast: false }, WAIT_MS, FOREVER);
    const waiting = ask();
    await askedSo(2);
    assert.equal(listening(), 1);
    log.close();
    assert.equal(listening(), 0);
    await assert.rejects(waiting, failsWith("SERVER_STOPPING", /./));
    await assert.rejects(ask(), failsWith("SERVER_STOPPING", /./));
  }));
