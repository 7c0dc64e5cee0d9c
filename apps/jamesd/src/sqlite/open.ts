import { dirname } from "node:path";
import { makeFolder } from "../blobs/durable.ts";
import type { Repository } from "../repository/repository.ts";
import { SqliteCertificates } from "./certificates.ts";
import { SqliteDatabase } from "./database.ts";
import { SqliteDevices } from "./devices.ts";
import { SqliteDocuments } from "./documents.ts";
import { SqliteEnrollTokens } from "./enroll-tokens.ts";
import { SqliteEnrollments } from "./enrollments.ts";
import { DEVICE_SHARE, type DeviceShare } from "./event-bound.ts";
import { SqliteEvents } from "./events.ts";
import { SqliteFeed } from "./feed.ts";
import { SqliteMadeBlobs } from "./made-blobs.ts";
import type { Migrated } from "./migrate.ts";
import { SqlitePackets } from "./packets.ts";
import { SqliteRevisions } from "./revisions.ts";
import { SqliteRevocations } from "./revocations.ts";
import { SqliteRolloutCounts } from "./rollout-counts.ts";
import { SqliteRollouts } from "./rollouts.ts";
import { SqliteRuns } from "./runs.ts";
import { SqliteWebhooks } from "./webhooks.ts";

/**
 * Opens the embedded repository in a SQLite file, made with its folder when missing. Its event log keeps this share of each device.
 * @param tell hears from which version it was brought to which
 * @throws JamesError STORE_CORRUPT when the file is broken or of a newer version, FILE_UNREADABLE when it cannot be opened
 */
export async function openSqliteRepository(
  file: string,
  share: DeviceShare = DEVICE_SHARE,
  tell?: (migrated: Migrated) => void,
): Promise<Repository> {
  await makeFolder(dirname(file));
  return repositoryIn(SqliteDatabase.open(file, "wal", tell), share);
}

/**
 * Opens an embedded repository only to look at it, also beside a server, or where nothing can be written: nothing
 * beside it changes. @throws JamesError as `openSqliteRepository`
 */
export async function visitSqliteRepository(file: string): Promise<Repository> {
  return repositoryIn(SqliteDatabase.visit(file));
}

/** What is wrong in a SQLite file, found by reading all of it; empty when it is sound. @throws JamesError STORE_CORRUPT when it cannot be read at all */
export async function sqliteProblems(file: string): Promise<readonly string[]> {
  return SqliteDatabase.problems(file);
}

/**
 * Copies what a SQLite file holds at one moment, also while a server works on it, and opens the copy, of which nobody
 * else may know. It is a single file, not durable yet. @throws JamesError STORAGE_FULL, STORE_CORRUPT, FILE_UNREADABLE
 */
export async function openSnapshot(file: string, copy: string): Promise<Repository> {
  SqliteDatabase.snapshot(file, copy);
  return repositoryIn(SqliteDatabase.open(copy, "memory"));
}

/** What documents are kept in, and what they are kept beside. */
function documentsIn(db: SqliteDatabase, share: DeviceShare) {
  const feed = new SqliteFeed(db);
  const events = new SqliteEvents(db, feed, share);
  const revisions = new SqliteRevisions(db, events);
  const rollouts = new SqliteRollouts(db, { events, feed });
  const by = (other: SqliteDatabase): SqliteDocuments => documentsIn(other, share).documents;
  const documents = new SqliteDocuments(db, { revisions, rollouts, feed, events, by });
  return { feed, events, revisions, rollouts, documents };
}

function repositoryIn(db: SqliteDatabase, share = DEVICE_SHARE): Repository {
  const { feed, events, revisions, rollouts, documents } = documentsIn(db, share);
  const devices = new SqliteDevices(db, { feed, events, documents });
  const enrollTokens = new SqliteEnrollTokens(db, events);
  const certificates = new SqliteCertificates(db, events);
  return {
    ...{ feed, events, revisions, rollouts, documents, devices, enrollTokens, certificates },
    packets: new SqlitePackets(db, { events, feed, revisions, rollouts }),
    rolloutCounts: new SqliteRolloutCounts(db),
    runs: new SqliteRuns(db),
    enrollments: new SqliteEnrollments(db, { events, devices, certificates, tokens: enrollTokens }),
    made: new SqliteMadeBlobs(db),
    revocations: new SqliteRevocations(db, events),
    webhooks: new SqliteWebhooks(db),
    check: async () => db.check(),
    waiting: () => db.waiting,
    close: async () => db.close(),
  };
}
