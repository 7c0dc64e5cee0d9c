/** The steps before there were rollouts: the first ones of `MIGRATIONS`. */
export const BEFORE_ROLLOUTS: readonly string[] = [
  `
  CREATE TABLE packets (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    digest   TEXT NOT NULL UNIQUE,
    name     TEXT NOT NULL,
    tags     TEXT NOT NULL,    -- sorted, as JSON
    scripts  TEXT NOT NULL,    -- JSON
    files    INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    uploaded INTEGER NOT NULL,
    author   TEXT NOT NULL,
    manifest BLOB NOT NULL,    -- JSON, compressed with zstd; the last column, so that a list of packets does not read it
    UNIQUE (name, tags)
  ) STRICT;

  CREATE TABLE devices (
    id               TEXT PRIMARY KEY,
    state            TEXT NOT NULL,    -- JSON
    agent            TEXT NOT NULL,
    last_seen        INTEGER NOT NULL,
    last_transaction TEXT              -- JSON
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE revisions (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    parent  INTEGER REFERENCES revisions (number),
    author  TEXT NOT NULL,
    message TEXT NOT NULL,
    time    INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE desired (
    device   TEXT NOT NULL,
    revision INTEGER NOT NULL REFERENCES revisions (number),
    apps     TEXT NOT NULL,            -- JSON
    PRIMARY KEY (device, revision)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE desired_current (
    device   TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    FOREIGN KEY (device, revision) REFERENCES desired (device, revision)
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER revisions_stay BEFORE UPDATE ON revisions BEGIN SELECT RAISE(ABORT, 'a revision is immutable'); END;
  CREATE TRIGGER revisions_kept BEFORE DELETE ON revisions BEGIN SELECT RAISE(ABORT, 'a revision is immutable'); END;
  CREATE TRIGGER desired_stay BEFORE UPDATE ON desired BEGIN SELECT RAISE(ABORT, 'a desired state is immutable'); END;
  CREATE TRIGGER desired_kept BEFORE DELETE ON desired BEGIN SELECT RAISE(ABORT, 'a desired state is immutable'); END;
  `,
  `
  ALTER TABLE packets ADD COLUMN properties TEXT NOT NULL DEFAULT '{}';  -- JSON: conffiles, policy, setid
  ALTER TABLE desired ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';      -- JSON
  ALTER TABLE devices ADD COLUMN retry TEXT;                             -- id of the failed transaction to try again
  `,
  `
  CREATE TABLE deltas (
    base   TEXT NOT NULL REFERENCES packets (digest) ON DELETE CASCADE,
    target TEXT NOT NULL REFERENCES packets (digest) ON DELETE CASCADE,
    digest TEXT,             -- the blob that the delta is; null when none pays
    size   INTEGER,
    PRIMARY KEY (base, target)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deltas_by_target ON deltas (target);
  `,
  `
  CREATE TABLE documents (
    kind     TEXT NOT NULL,            -- device or spec
    id       TEXT NOT NULL,
    revision INTEGER NOT NULL REFERENCES revisions (number),
    content  TEXT,                     -- JSON: selector, apps, policy; null when this revision removed it
    PRIMARY KEY (kind, id, revision)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX documents_by_revision ON documents (revision);
  INSERT INTO documents (kind, id, revision, content)
    SELECT 'device', device, revision,
           json_object('selector', json('[]'), 'apps', json(apps), 'policy', json(policy)) FROM desired;
  DROP TABLE desired_current;
  DROP TABLE desired;
  CREATE TRIGGER documents_stay BEFORE UPDATE ON documents BEGIN SELECT RAISE(ABORT, 'a document is immutable'); END;
  CREATE TRIGGER documents_kept BEFORE DELETE ON documents BEGIN SELECT RAISE(ABORT, 'a document is immutable'); END;
  `,
  `
  CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    time     INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    author   TEXT NOT NULL,
    address  TEXT NOT NULL,
    device   TEXT,                     -- the device that it is about; null when it is about none
    revision INTEGER,                  -- the revision that it tells of; null when it tells of none
    data     TEXT NOT NULL             -- JSON: what else there is to say
  ) STRICT;
  CREATE INDEX events_by_time ON events (time);
  CREATE INDEX events_by_kind ON events (kind);
  CREATE INDEX events_by_device ON events (device) WHERE device IS NOT NULL;
  CREATE INDEX events_by_revision ON events (revision) WHERE revision IS NOT NULL;
  CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'an event is immutable'); END;
  `,
  `
  DELETE FROM deltas;                  -- their form is another one now: they are made anew when they are asked for
  `,
  `
  CREATE TABLE whole_bundles (
    packet TEXT PRIMARY KEY REFERENCES packets (digest) ON DELETE CASCADE,
    digest TEXT,             -- the blob that the whole bundle is; null when none pays
    size   INTEGER
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE requests (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    digest   TEXT NOT NULL UNIQUE,     -- what was asked for
    packet   TEXT NOT NULL REFERENCES packets (digest) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX requests_by_packet ON requests (packet);
  `,
  `
  ALTER TABLE deltas ADD COLUMN used INTEGER NOT NULL DEFAULT 0;         -- when it was last asked for, within an hour
  ALTER TABLE whole_bundles ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
  `,
  `
  ALTER TABLE devices ADD COLUMN standing TEXT NOT NULL DEFAULT '{}';  -- JSON: how it stands to this history
  UPDATE devices SET standing = '{"isManaged":true}' WHERE last_transaction IS NOT NULL;
  CREATE TABLE history (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    key  BLOB NOT NULL,      -- what seals of revisions are made with
    skip INTEGER NOT NULL    -- later revisions have larger numbers than this
  ) STRICT;
  INSERT INTO history (only, key, skip) VALUES (1, randomblob(32), 0);
  `,
  `
  CREATE TABLE feed (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    head INTEGER NOT NULL    -- position of the newest change
  ) STRICT;
  INSERT INTO feed (only, head) VALUES (1, 0);
  CREATE TABLE changes (
    position INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL   -- digest of the packet, number of the revision or id of the device
  ) STRICT;
  `,
  `
  ALTER TABLE devices ADD COLUMN features TEXT NOT NULL DEFAULT '[]';  -- JSON: what the agent can do beyond the first ones
  `,
  `
  ALTER TABLE devices ADD COLUMN cert_ends INTEGER;  -- when the certificate ends that it came with last; null: not known
  `,
  `
  CREATE TABLE revocations (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    key      TEXT NOT NULL UNIQUE,  -- whom it keeps out, as a change of the feed names it
    name     TEXT,                  -- common name; or, when null, one certificate:
    serial   TEXT,                  -- its serial number in hexadecimal
    issuer   TEXT,                  -- SHA-256 of its issuer's name; null: of whichever issuer
    reason   TEXT NOT NULL,
    author   TEXT NOT NULL,
    address  TEXT NOT NULL,
    time     INTEGER NOT NULL,
    CHECK ((name IS NULL) <> (serial IS NULL))
  ) STRICT;
  `,
  `
  ALTER TABLE devices ADD COLUMN drift TEXT;   -- JSON: what it said last of its drift
  ALTER TABLE devices ADD COLUMN verify TEXT;  -- id of the wish that it look at all contents
  `,
  `
  ALTER TABLE devices ADD COLUMN given_tags TEXT NOT NULL DEFAULT '[]';  -- JSON: tags that operators gave it
  `,
  `
  ALTER TABLE devices ADD COLUMN unmerged TEXT NOT NULL DEFAULT '[]';  -- JSON: new versions that lie beside edited configuration files
  `,
  `
  ALTER TABLE devices ADD COLUMN reinstall TEXT;  -- JSON: id of the wish, and the app that is to be installed again
  `,
  `
  ALTER TABLE devices ADD COLUMN go TEXT;  -- JSON: the wish that it begin now
  `,
  `
  CREATE TABLE device_certificates (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    device      TEXT NOT NULL,     -- its common name
    issuer      TEXT NOT NULL,     -- SHA-256 of its issuer's name
    serial      TEXT NOT NULL,     -- in hexadecimal
    fingerprint TEXT NOT NULL,     -- SHA-256 of its public key
    starts      INTEGER NOT NULL,
    ends        INTEGER NOT NULL,
    certificate TEXT NOT NULL,     -- PEM
    state       TEXT NOT NULL,     -- issued: not used yet; current; replaced: counts no more
    clone       TEXT,              -- JSON: when and from where it was used though it counts no more
    UNIQUE (serial, issuer)
  ) STRICT;
  CREATE INDEX device_certificates_by_device ON device_certificates (device);
  CREATE INDEX device_certificates_by_key ON device_certificates (fingerprint);
  CREATE INDEX device_certificates_by_end ON device_certificates (ends);
  `,
  `
  CREATE INDEX deltas_by_digest ON deltas (digest) WHERE digest IS NOT NULL;
  CREATE INDEX whole_bundles_by_digest ON whole_bundles (digest) WHERE digest IS NOT NULL;
  `,
  `
  ALTER TABLE devices ADD COLUMN cert_issuer TEXT;  -- who issued the certificate that it came with last, in words; null: not known
  ALTER TABLE devices ADD COLUMN cert_serial TEXT;  -- its serial number
  ALTER TABLE devices ADD COLUMN renew TEXT;        -- serial number of the certificate that it is to renew now; null: no such wish
  `,
  `
  CREATE TABLE enroll_tokens (
    sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    secret_digest TEXT NOT NULL,     -- SHA-256 of the secret, which is nowhere
    device        TEXT,              -- the only id that it is for
    prefix        TEXT,              -- what the id begins with
    tags          TEXT NOT NULL,     -- JSON: given to the devices
    uses          INTEGER NOT NULL,
    used          INTEGER NOT NULL CHECK (used <= uses),
    ends          INTEGER NOT NULL,
    last_used     INTEGER,
    author        TEXT NOT NULL,
    address       TEXT NOT NULL,
    time          INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE enrollments (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    device      TEXT NOT NULL,       -- the name that it wants
    fingerprint TEXT NOT NULL,       -- SHA-256 of its public key
    state       TEXT NOT NULL,       -- waiting, approved or rejected
    request     TEXT,                -- PEM; null: it has not asked yet
    tags        TEXT NOT NULL,       -- JSON: given to it with its certificate
    token       TEXT,                -- the one that it came with
    address     TEXT NOT NULL,
    place       TEXT NOT NULL,       -- what counts as one place on the network
    time        INTEGER NOT NULL,
    ends        INTEGER NOT NULL,    -- when it is forgotten
    UNIQUE (device, fingerprint)
  ) STRICT;
  CREATE INDEX enrollments_by_place ON enrollments (state, place);
  CREATE TABLE awaited_devices (     -- that joined and have not checked in yet
    id         TEXT PRIMARY KEY,
    given_tags TEXT NOT NULL         -- JSON
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE devices ADD COLUMN apps_digest TEXT;  -- appsDigest of its apps; null: written by an earlier version
  -- What is read of every device at the start, from here alone: states may be long.
  CREATE INDEX devices_rows ON devices (
    id, state -> '$.systemtags', given_tags, apps_digest, features, cert_issuer, last_seen, cert_ends,
    standing ->> '$.isManaged', standing ->> '$.halt' IS NOT NULL,
    coalesce(last_transaction ->> '$.outcome', 'committed') <> 'committed' OR retry IS NOT NULL OR reinstall IS NOT NULL,
    drift ->> '$.count'
  );
  `,
  `
  CREATE TABLE webhooks (
    receiver TEXT PRIMARY KEY,       -- SHA-256 of its address, which may hold a secret
    position INTEGER NOT NULL        -- sequence of the last event that it was told of, or that was not for it
  ) STRICT, WITHOUT ROWID;
  `,
];
