import type { Logger } from "pino";
import type { Collected } from "../blobs/blob-store.ts";
import { FORGET_EVERY_MS, FORGOTTEN_MS } from "../repository/forgetting.ts";
import { type Opened, openParts, type Part } from "../running/opened.ts";
import { repeat } from "../running/repeat.ts";
import type { Migrated } from "../sqlite/migrate.ts";
import { lockData } from "./data-lock.ts";
import { answerCollect } from "./gc.ts";
import { openStores, type Stores } from "./stores.ts";

/** A server that is started anew every day collects as well, but not while the fleet comes back. */
const FIRST_COLLECTION_MS = 10 * 60_000;

/** How a data folder is kept. */
export interface DataSettings {
  readonly data: string;
  /** Largest archive in bytes. */
  readonly maxUploadBytes: number;
  /** Milliseconds between two collections; 0: none. */
  readonly gcEvery: number;
  /** Milliseconds that events are kept; 0: for ever. */
  readonly keepEvents: number;
}

/** The data folder of a running server. */
export interface Data {
  readonly stores: Stores;
  /** Deletes the blobs that no packet needs, and says so in the log. */
  readonly collect: () => Promise<Collected>;
}

/**
 * Takes the lock of a data folder, opens its stores, and tidies it up from time to time.
 * @throws JamesError DATA_LOCKED, and as `openStores`
 */
export function openData(settings: DataSettings, log: Logger): Promise<Data & Part> {
  const open = async (opened: Opened): Promise<Data> => {
    const lock = await lockData(settings.data, (question) => answerCollect(question, collect));
    opened.add({ close: () => lock.release() });
    const tell = (migrated: Migrated): void => logMigration(migrated, log);
    const stores = opened.add(await openStores(settings.data, settings.maxUploadBytes, tell));
    const collect = (): Promise<Collected> => collectAndLog(stores, log);
    if (settings.gcEvery > 0) opened.add(collectEvery(settings.gcEvery, collect));
    if (settings.keepEvents > 0) opened.add(expireEvents(settings.keepEvents, stores, log));
    return { stores, collect };
  };
  return openParts(open, (err) => log.error({ err }, "closing the data folder failed"));
}

function logMigration({ from, to, tookMs }: Migrated, log: Logger): void {
  // A new one came from nowhere.
  if (from === 0) return;
  log.info(
    { from, to, tookMs },
    "the database was brought to this version; jamesd of earlier versions open it no more",
  );
}

async function collectAndLog(stores: Stores, log: Logger): Promise<Collected> {
  try {
    const collected = await stores.collect();
    log.info(collected, "collected blobs that no packet needs");
    return collected;
  } catch (err) {
    log.error({ err }, "collecting blobs failed");
    throw err;
  }
}

function collectEvery(pauseMs: number, collect: () => Promise<unknown>): Part {
  return repeat({ firstMs: Math.min(pauseMs, FIRST_COLLECTION_MS), pauseMs }, collect);
}

/** Deletes events that are older than `keepMs`, at the start and again and again. */
function expireEvents(keepMs: number, { repository }: Stores, log: Logger): Part {
  return repeat({ firstMs: 0, pauseMs: FORGET_EVERY_MS }, async () => {
    try {
      const events = await repository.events.expire(Date.now() - keepMs, FORGOTTEN_MS);
      if (events > 0) log.info({ events }, "deleted old events");
    } catch (err) {
      log.error({ err }, "deleting old events failed");
    }
  });
}
