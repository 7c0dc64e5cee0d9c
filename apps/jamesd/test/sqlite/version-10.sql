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
    manifest BLOB NOT NULL, properties TEXT NOT NULL DEFAULT '{}',    -- JSON, compressed with zstd; the last column, so that a list of packets does not read it
    UNIQUE (name, tags)
  ) STRICT;
CREATE TABLE devices (
    id               TEXT PRIMARY KEY,
    state            TEXT NOT NULL,    -- JSON
    agent            TEXT NOT NULL,
    last_seen        INTEGER NOT NULL,
    last_transaction TEXT              -- JSON
  , retry TEXT, standing TEXT NOT NULL DEFAULT '{}') STRICT, WITHOUT ROWID;
CREATE TABLE revisions (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    parent  INTEGER REFERENCES revisions (number),
    author  TEXT NOT NULL,
    message TEXT NOT NULL,
    time    INTEGER NOT NULL
  ) STRICT;
CREATE TABLE deltas (
    base   TEXT NOT NULL REFERENCES packets (digest) ON DELETE CASCADE,
    target TEXT NOT NULL REFERENCES packets (digest) ON DELETE CASCADE,
    digest TEXT,             -- the blob that the delta is; null when none pays
    size   INTEGER, used INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (base, target)
  ) STRICT, WITHOUT ROWID;
CREATE TABLE documents (
    kind     TEXT NOT NULL,            -- device or spec
    id       TEXT NOT NULL,
    revision INTEGER NOT NULL REFERENCES revisions (number),
    content  TEXT,                     -- JSON: selector, apps, policy; null when this revision removed it
    PRIMARY KEY (kind, id, revision)
  ) STRICT, WITHOUT ROWID;
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
CREATE TABLE whole_bundles (
    packet TEXT PRIMARY KEY REFERENCES packets (digest) ON DELETE CASCADE,
    digest TEXT,             -- the blob that the whole bundle is; null when none pays
    size   INTEGER
  , used INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE TABLE requests (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    digest   TEXT NOT NULL UNIQUE,     -- what was asked for
    packet   TEXT NOT NULL REFERENCES packets (digest) ON DELETE CASCADE
  ) STRICT;
CREATE TABLE history (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    key  BLOB NOT NULL,      -- what seals of revisions are made with
    skip INTEGER NOT NULL    -- later revisions have larger numbers than this
  ) STRICT;
INSERT INTO packets (sequence, digest, name, tags, scripts, files, size, uploaded, author, manifest, properties) VALUES (1, '350c6c1de78a5a31d42d7efcab2b8f1161126c330b0e2f0b9e185c6ddfb298b7', 'vpn', '["arm","v1"]', '{"preinst":{"digest":"695252f664b93b2375fc1738693a32a19e8c722fe14e81a3d80cc5b85a923da0","size":3},"healthcheck":{"digest":"2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df","size":2}}', 2, 1, 10, 'olga', X'28B52FFD64BA00FD0500420B241F6047AB0330B523FBECE37FD5EE33D4C3080047D2DBE2DFD3562D3304C1720102092B0B8240019E3CEAB3BE644CED8A887D997A49FD8734207C454C0DCAEF4212A1E31DABF0DAD96E5B86FC6A453316CA43D12333DE60529F4D69157BC3945616849DEB11E6550281320D49434F02F141CE7116F8A8B69C1F0F898F61BD9D07EA5B7CDC30870ACFCC68E72F4DF541401000963BF0B358CA15FB1664CD0E1AE2D1BC0B990191736046501D0011327184F0355DE6F56C2014BE5D050A2FBC9172', '{"conffiles":["etc/vpn"],"policy":{"confirm":true},"setid":true,"agent":false}');
INSERT INTO packets (sequence, digest, name, tags, scripts, files, size, uploaded, author, manifest, properties) VALUES (2, 'dab7d161a62a7834f5b99c49d4041e3a688b51b9a51b0a8b08c5789af8014c8e', 'vpn', '["arm","v2"]', '{"preinst":{"digest":"695252f664b93b2375fc1738693a32a19e8c722fe14e81a3d80cc5b85a923da0","size":3},"healthcheck":{"digest":"2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df","size":2}}', 2, 1, 11, 'olga', X'28B52FFD64BA00050600424B241F70A7D501100B46ECD3C76F9AA4F68B10169D7EAC441AB684D2888D0750158702892B0B8220013A31E44FBAB676ACA70AB6AE858BB1A46C11DAC2EE63EABD8275198B0FB49AB728205EA85A8BC61E64A5EF908D446E83287F12426AA536C4E3CA82B8FB6C84312681408986A4912781FCA83BC7829F6DCABDF990FC1CCEBEFBC034969F37CC61C26622DFBD9766FE20201000963BF0B358CA15FB1664CD0E1AE2D1BC0B990191736046501D0011327184F0355DE6F56C2014BE5D050AB6E2CFEE', '{"conffiles":["etc/vpn"],"policy":{"confirm":true},"setid":true,"agent":false}');
INSERT INTO devices (id, state, agent, last_seen, last_transaction, retry, standing) VALUES ('d1', '{"systemtags":["arm"],"apps":[{"name":"vpn","tags":["v1"],"digest":"350c6c1de78a5a31d42d7efcab2b8f1161126c330b0e2f0b9e185c6ddfb298b7"}]}', 'jamesc 1', 50, '{"id":"t1","target":"34a04005bcaf206eec990bd9637d9fdb6725e0a0c0d4aebf003f17f4c956eb5c","revision":1,"outcome":"rolled-back","started":5,"durationMs":6,"attempt":2,"scripts":[{"app":"vpn","script":"preinst","exitCode":7,"signal":null,"durationMs":1,"output":"no\n","undo":false}],"error":{"code":"SCRIPT_FAILED","message":"preinst of vpn ended with 7","hint":"see","step":{"kind":"script","script":"preinst","app":"vpn","packet":"350c6c1de78a5a31d42d7efcab2b8f1161126c330b0e2f0b9e185c6ddfb298b7"}}}', 't1', '{"followed":{"revision":7,"seal":"1.ab"},"accepted":{"revision":3},"halt":{"reason":"foreign","revision":7,"newest":8},"isManaged":true,"wish":7}');
INSERT INTO revisions (number, parent, author, message, time) VALUES (1, NULL, 'olga', 'first', 30);
INSERT INTO revisions (number, parent, author, message, time) VALUES (7, 1, 'olga', 'second', 31);
INSERT INTO revisions (number, parent, author, message, time) VALUES (8, 7, 'olga', '', 32);
INSERT INTO revisions (number, parent, author, message, time) VALUES (9, 8, 'olga', 'gone', 45);
INSERT INTO deltas (base, target, digest, size, used) VALUES ('350c6c1de78a5a31d42d7efcab2b8f1161126c330b0e2f0b9e185c6ddfb298b7', 'dab7d161a62a7834f5b99c49d4041e3a688b51b9a51b0a8b08c5789af8014c8e', '4f4a9410ffcdf895c4adb880659e9b5c0dd1f23a30790684340b3eaacb045398', 7, 99);
INSERT INTO deltas (base, target, digest, size, used) VALUES ('dab7d161a62a7834f5b99c49d4041e3a688b51b9a51b0a8b08c5789af8014c8e', '350c6c1de78a5a31d42d7efcab2b8f1161126c330b0e2f0b9e185c6ddfb298b7', NULL, NULL, 0);
INSERT INTO documents (kind, id, revision, content) VALUES ('device', 'd1', 1, '{"selector":[],"apps":[{"name":"vpn","tags":["v1"]}],"policy":{"unowned":"adopt"}}');
INSERT INTO documents (kind, id, revision, content) VALUES ('device', 'd2', 7, '{"selector":[],"apps":[{"name":"vpn","tags":["v2"]}],"policy":{"unowned":"adopt"}}');
INSERT INTO documents (kind, id, revision, content) VALUES ('device', 'd2', 9, NULL);
INSERT INTO documents (kind, id, revision, content) VALUES ('spec', 'all', 1, '{"selector":["arm"],"apps":[{"name":"vpn","tags":["v1"]}],"policy":{}}');
INSERT INTO documents (kind, id, revision, content) VALUES ('spec', 'all', 7, '{"selector":["arm","pi"],"apps":[{"name":"vpn","tags":["v2"]}],"policy":{}}');
INSERT INTO documents (kind, id, revision, content) VALUES ('spec', 'all', 8, NULL);
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (1, 10, 'packet-added', 'olga', '10.0.0.1', NULL, NULL, '{"packet":"350c6c1de78a5a31d42d7efcab2b8f1161126c330b0e2f0b9e185c6ddfb298b7","name":"vpn","tags":["arm","v1"]}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (2, 11, 'packet-added', 'olga', '10.0.0.1', NULL, NULL, '{"packet":"dab7d161a62a7834f5b99c49d4041e3a688b51b9a51b0a8b08c5789af8014c8e","name":"vpn","tags":["arm","v2"]}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (3, 12, 'packet-added', 'olga', '10.0.0.1', NULL, NULL, '{"packet":"e61cb059921a3308ce170dd80fe5fc16d6f1c231702cee04cbc564860166556e","name":"vpn","tags":["arm","v3"]}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (4, 20, 'packet-removed', 'olga', '10.0.0.1', NULL, NULL, '{"packet":"e61cb059921a3308ce170dd80fe5fc16d6f1c231702cee04cbc564860166556e","name":"vpn","tags":["arm","v3"]}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (5, 30, 'revision', 'olga', '10.0.0.1', NULL, 1, '{"revision":1,"message":"first","documents":[{"kind":"device","id":"d1"},{"kind":"spec","id":"all"}],"changed":2}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (6, 31, 'revision', 'olga', '10.0.0.1', NULL, 7, '{"revision":7,"message":"second","documents":[{"kind":"spec","id":"all"},{"kind":"device","id":"d2"}],"changed":2}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (7, 32, 'revision', 'olga', '10.0.0.1', NULL, 8, '{"revision":8,"message":"","documents":[{"kind":"spec","id":"all"}],"changed":1}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (8, 40, 'device-added', 'olga', '10.0.0.1', 'd1', NULL, '{"agent":"jamesc 1","state":{"systemtags":["arm","pi"],"apps":[]}}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (9, 41, 'transaction', 'olga', '10.0.0.1', 'd1', NULL, '{"transaction":{"id":"t1","target":"34a04005bcaf206eec990bd9637d9fdb6725e0a0c0d4aebf003f17f4c956eb5c","revision":1,"outcome":"rolled-back","started":5,"durationMs":6,"attempt":2,"scripts":[{"app":"vpn","script":"preinst","exitCode":7,"signal":null,"durationMs":1,"output":"no\n","undo":false}],"error":{"code":"SCRIPT_FAILED","message":"preinst of vpn ended with 7","hint":"see","step":{"kind":"script","script":"preinst","app":"vpn","packet":"350c6c1de78a5a31d42d7efcab2b8f1161126c330b0e2f0b9e185c6ddfb298b7"}}}}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (10, 41, 'device-changed', 'olga', '10.0.0.1', 'd1', NULL, '{"apps":[{"before":null,"after":{"name":"vpn","tags":["v1"],"digest":"350c6c1de78a5a31d42d7efcab2b8f1161126c330b0e2f0b9e185c6ddfb298b7"}}],"systemtags":{"before":["arm","pi"],"after":["arm"]}}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (11, 41, 'device-halted', 'olga', '10.0.0.1', 'd1', 7, '{"reason":"foreign","revision":7,"newest":8}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (12, 42, 'retry', 'olga', '10.0.0.1', 'd1', NULL, '{"failed":"t1"}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (13, 43, 'device-adopted', 'olga', '10.0.0.1', 'd1', NULL, '{"keep":"device"}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (14, 44, 'device-added', 'olga', '10.0.0.1', 'd2', NULL, '{"agent":"jamesc 1","state":{"systemtags":["arm","pi"],"apps":[]}}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (15, 45, 'revision', 'olga', '10.0.0.1', NULL, 9, '{"revision":9,"message":"gone","documents":[{"kind":"device","id":"d2"}],"changed":1}');
INSERT INTO events (sequence, time, kind, author, address, device, revision, data) VALUES (16, 45, 'device-removed', 'olga', '10.0.0.1', 'd2', NULL, '{}');
INSERT INTO whole_bundles (packet, digest, size, used) VALUES ('350c6c1de78a5a31d42d7efcab2b8f1161126c330b0e2f0b9e185c6ddfb298b7', '1e6ed65d77d6364eeaed5a745ba5c4985ae2b700dd85d7cf7f027bdf294a33fc', 9, 0);
INSERT INTO whole_bundles (packet, digest, size, used) VALUES ('dab7d161a62a7834f5b99c49d4041e3a688b51b9a51b0a8b08c5789af8014c8e', NULL, NULL, 0);
INSERT INTO requests (sequence, digest, packet) VALUES (1, 'e721e9f57f5a4857aa22220e72a820e9d53b7088df251f9117410496ce584e44', '350c6c1de78a5a31d42d7efcab2b8f1161126c330b0e2f0b9e185c6ddfb298b7');
INSERT INTO requests (sequence, digest, packet) VALUES (2, 'ad1b9de910513527b407147d7a05569066c1a50cceaba3e118df6b13f49e749c', 'dab7d161a62a7834f5b99c49d4041e3a688b51b9a51b0a8b08c5789af8014c8e');
INSERT INTO history (only, key, skip) VALUES (1, X'D44BFAB54D413B5363E264F66375AD691698EFBAB197F5CB05AE365DD95E5718', 6);
UPDATE sqlite_sequence SET seq = 3 WHERE name = 'packets';
UPDATE sqlite_sequence SET seq = 3 WHERE name = 'requests';
UPDATE sqlite_sequence SET seq = 16 WHERE name = 'events';
UPDATE sqlite_sequence SET seq = 9 WHERE name = 'revisions';
CREATE TRIGGER revisions_stay BEFORE UPDATE ON revisions BEGIN SELECT RAISE(ABORT, 'a revision is immutable'); END;
CREATE TRIGGER revisions_kept BEFORE DELETE ON revisions BEGIN SELECT RAISE(ABORT, 'a revision is immutable'); END;
CREATE INDEX deltas_by_target ON deltas (target);
CREATE INDEX documents_by_revision ON documents (revision);
CREATE TRIGGER documents_stay BEFORE UPDATE ON documents BEGIN SELECT RAISE(ABORT, 'a document is immutable'); END;
CREATE TRIGGER documents_kept BEFORE DELETE ON documents BEGIN SELECT RAISE(ABORT, 'a document is immutable'); END;
CREATE INDEX events_by_time ON events (time);
CREATE INDEX events_by_kind ON events (kind);
CREATE INDEX events_by_device ON events (device) WHERE device IS NOT NULL;
CREATE INDEX events_by_revision ON events (revision) WHERE revision IS NOT NULL;
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'an event is immutable'); END;
CREATE INDEX requests_by_packet ON requests (packet);
PRAGMA user_version = 10;
