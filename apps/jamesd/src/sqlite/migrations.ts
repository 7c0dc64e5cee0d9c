import { BEFORE_ROLLOUTS } from "./migrations-before-rollouts.ts";

/**
 * The steps from an empty database to today's tables; the number of a step is its place in the list, counted from 1.
 * A step that was released is never changed: what comes later is a new step.
 */
export const MIGRATIONS: readonly string[] = [
  ...BEFORE_ROLLOUTS,
  `
  CREATE TABLE rollouts (
    revision   INTEGER PRIMARY KEY REFERENCES revisions (number),
    settings   TEXT NOT NULL,    -- JSON: how it spreads, in the words in which it is given
    seed       INTEGER NOT NULL,
    packet     TEXT,             -- digest of the packet that it spreads; null: documents
    supersedes TEXT NOT NULL,    -- JSON: the rollouts whose place it took
    ended      INTEGER           -- the step with which it was over; null: it is live
  ) STRICT;
  CREATE INDEX rollouts_live ON rollouts (revision) WHERE ended IS NULL;
  CREATE TABLE rollout_documents (
    revision INTEGER NOT NULL REFERENCES rollouts (revision),
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL,
    stable   INTEGER NOT NULL,   -- the revision of what it said before; 0: nothing
    PRIMARY KEY (revision, kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX rollout_documents_of ON rollout_documents (kind, id);
  CREATE TABLE rollout_steps (
    revision INTEGER NOT NULL REFERENCES rollouts (revision),
    step     INTEGER NOT NULL,   -- 1 is the beginning; the newest says how the rollout is
    state    TEXT NOT NULL,      -- JSON
    author   TEXT NOT NULL,
    address  TEXT NOT NULL,
    message  TEXT NOT NULL,
    time     INTEGER NOT NULL,
    ended_by INTEGER,            -- the revision with which it ended
    opened   TEXT NOT NULL,      -- JSON: the waves that it opened, each with the number of its devices
    excused  INTEGER NOT NULL,   -- how many devices it excused
    ids      BLOB,               -- JSON, compressed with zstd: the devices of both; the last column, since it may be long
    PRIMARY KEY (revision, step),
    CHECK ((ids IS NULL) = (opened = '[]' AND excused = 0))
  ) STRICT;
  CREATE INDEX rollout_steps_named ON rollout_steps (revision, step) WHERE ids IS NOT NULL;
  CREATE TRIGGER rollouts_stay BEFORE UPDATE OF revision, settings, seed, packet, supersedes ON rollouts
    BEGIN SELECT RAISE(ABORT, 'what a rollout is stays'); END;
  CREATE TRIGGER rollouts_end_once BEFORE UPDATE OF ended ON rollouts WHEN OLD.ended IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a rollout ends once'); END;
  CREATE TRIGGER rollouts_kept BEFORE DELETE ON rollouts BEGIN SELECT RAISE(ABORT, 'a rollout is kept'); END;
  CREATE TRIGGER rollout_documents_stay BEFORE UPDATE ON rollout_documents BEGIN SELECT RAISE(ABORT, 'what a rollout spreads stays'); END;
  CREATE TRIGGER rollout_documents_kept BEFORE DELETE ON rollout_documents BEGIN SELECT RAISE(ABORT, 'what a rollout spreads stays'); END;
  CREATE TRIGGER rollout_steps_stay BEFORE UPDATE ON rollout_steps BEGIN SELECT RAISE(ABORT, 'a step of a rollout is immutable'); END;
  CREATE TRIGGER rollout_steps_kept BEFORE DELETE ON rollout_steps BEGIN SELECT RAISE(ABORT, 'a step of a rollout is immutable'); END;
  CREATE TABLE server_runs (
    started INTEGER PRIMARY KEY,
    until   INTEGER NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE rollout_counts (  -- how many devices of a rollout were where, now and then; what it does next goes by no row of it
    revision INTEGER NOT NULL REFERENCES rollouts (revision),
    time     INTEGER NOT NULL,
    waves    TEXT NOT NULL,      -- JSON: of each open wave how many were where
    PRIMARY KEY (revision, time)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE revisions ADD COLUMN reverts TEXT;  -- JSON: \`to\`, the revision that it went back to, and \`document\`, the only one that did; null: it took nothing back, or is of an earlier version
  CREATE INDEX revisions_reverting ON revisions (number) WHERE reverts IS NOT NULL;
  CREATE INDEX rollout_steps_ended ON rollout_steps (ended_by) WHERE ended_by IS NOT NULL;
  `,
  `
  DROP INDEX devices_rows;
  CREATE INDEX devices_rows ON devices (
    id, state -> '$.systemtags', given_tags, apps_digest, features, cert_issuer, last_seen, cert_ends,
    standing ->> '$.isManaged', standing ->> '$.halt' IS NOT NULL, standing ->> '$.wish',
    coalesce(last_transaction ->> '$.outcome', 'committed') <> 'committed' OR retry IS NOT NULL OR reinstall IS NOT NULL,
    drift ->> '$.count'
  );
  `,
  // Nothing of the database: from here on a blob may lie in \`blobs/AB/DIGEST.best.zst\`, where a server of before does not look.
  "SELECT 1",
];
