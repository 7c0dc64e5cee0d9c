// biome-ignore-all lint/style/noExcessiveLinesPerFile: still to be cut where it parts
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type App,
  type DocumentChange,
  type DocumentContent,
  JamesError,
  makePacket,
  type Packet,
  type Policy,
  sha256,
} from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol";
import fc from "fast-check";
import { type DeviceRecord, NEW_STANDING, type Standing } from "../../src/device/device-record.ts";
import { rowOf } from "../../src/repository/device-row.ts";
import type { Repository } from "../../src/repository/repository.ts";
import type { RevisionQuery } from "../../src/repository/revision-store.ts";
import { allDevices } from "./all-devices.ts";
import { withFixture } from "./with-fixture.ts";

/** One repository under test. `reopen` closes it and opens what it left behind, as a new start of the server does. */
export interface RepositoryFixture {
  readonly repository: Repository;
  reopen(): Promise<Repository>;
  dispose(): Promise<void>;
}

const UPLOAD = { author: "olga", address: "10.0.0.1", time: 1_700_000_000_000 };
const REQUEST = { author: "olga", address: "10.0.0.1", message: "roll out", time: 1_700_000_000_001 };

export function packetOf(name: string, tags: readonly string[], content = "x"): Packet {
  return makePacket({
    name,
    tags,
    scripts: { preinst: { digest: sha256("echo"), size: 4 } },
    manifest: [
      { type: "directory", path: "etc", mode: 0o755, uid: 0, gid: 0 },
      {
        type: "file",
        path: "etc/a",
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: content.length,
        digest: sha256(content),
      },
      { type: "symlink", path: "etc/b", target: "a", uid: 0, gid: 0 },
    ],
  });
}

export function deviceOf(id: string, lastSeen = 1, transaction: Transaction | null = null): DeviceRecord {
  const state = { systemtags: ["armv7l"], apps: [{ name: "a", tags: ["v1"], digest: sha256("a") }] };
  return {
    id,
    state,
    agent: "jamesc 0.1.0",
    features: ["a", "b"],
    lastSeen,
    given: [],
    unmerged: [],
    certEnds: 7,
    certIssuer: "CN=a CA",
    certSerial: "a7",
    renew: "a7",
    transaction,
    retry: null,
    drift: {
      ...{ count: 1, repairable: 0, checked: 7, full: null },
      apps: [{ name: "vpn", count: 1, kinds: { missing: 1 } }],
      paths: [{ app: "vpn", path: "opt/vpn", kinds: ["missing"] }],
    },
    go: { id: "g", target: sha256("t"), breakLock: true },
    verify: null,
    reinstall: null,
    standing: NEW_STANDING,
  };
}

export function transactionOf(id: string): Transaction {
  const base = { id, target: sha256("t"), revision: 1, outcome: "rolled-back" as const, started: 5 };
  return {
    ...base,
    durationMs: 7,
    attempt: 1,
    scripts: [],
    error: { code: "SCRIPT_FAILED", message: "prerm" },
  };
}

export function failsWith(code: string, message: RegExp) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof JamesError, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, message);
    assert.ok(thrown.hint);
    return true;
  };
}

/** What every adapter of the repository must do. */
export function repositoryContract(name: string, open: () => Promise<RepositoryFixture>): void {
  const within = withFixture(open);

  describe(`${name}: packets`, () => {
    test(
      "of what was made those go that were not asked for longest, until the others have room",
      within(async (repository) => {
        const packets = ["v1", "v2", "v3", "v4"].map((version) => packetOf("a", [version]));
        for (const packet of packets) await repository.packets.add(packet, UPLOAD);
        const [base = "", ...targets] = packets.map(({ digest }) => digest);
        const blob = (n: number) => ({ digest: sha256(`delta ${n}`), size: 10 });
        for (const [n, target] of targets.entries()) {
          await repository.made.saveDelta(base, target, blob(n));
          await repository.made.use(blob(n).digest, 100 + n);
        }
        await repository.made.saveDelta(targets[0] ?? "", base, null);
        await repository.made.saveWholeBundle(base, { digest: sha256("bundle"), size: 15 });
        await repository.made.use(sha256("bundle"), 50);
        await repository.made.use(blob(0).digest, 200);
        assert.equal(await repository.made.evict(45), 0);
        assert.equal(await repository.made.evict(29), 25);
        assert.deepEqual(
          [...(await repository.made.blobs())].sort(),
          [blob(0).digest, blob(2).digest].sort(),
        );
        assert.equal(await repository.made.wholeBundle(base), undefined);
        assert.equal(await repository.made.delta(targets[0] ?? "", base), null);
      }),
    );

    test(
      "the request that made a packet is known, after a new start as well, until the packet goes",
      within(async (repository, fixture) => {
        const request = sha256("request");
        assert.equal(await repository.packets.ofRequest(request), undefined);
        const { info } = await repository.packets.add(packetOf("a", ["v1"]), UPLOAD, request);
        assert.deepEqual(await repository.packets.ofRequest(request), info);
        const other = sha256("the same packet of another archive");
        await repository.packets.add(packetOf("a", ["v1"]), UPLOAD, other);
        const again = await fixture.reopen();
        for (const known of [request, other]) assert.deepEqual(await again.packets.ofRequest(known), info);
        await again.packets.remove(info.digest, UPLOAD);
        for (const known of [request, other]) assert.equal(await again.packets.ofRequest(known), undefined);
      }),
    );

    test(
      "a packet is there as it was added, also after a new start",
      within(async (repository, fixture) => {
        const packet = packetOf("openvpn", ["v1.0.0", "armv7l"], "hello");
        const { info, created } = await repository.packets.add(packet, UPLOAD);
        const { digest } = packet;
        const wanted = {
          digest,
          name: "openvpn",
          tags: ["armv7l", "v1.0.0"],
          scripts: ["preinst"],
          sequence: 1,
        };
        assert.deepEqual(info, { ...wanted, files: 1, size: 5, uploaded: UPLOAD.time, author: "olga" });
        assert.equal(created, true);
        const again = await fixture.reopen();
        assert.deepEqual(await again.packets.get(digest), packet);
        assert.deepEqual(await again.packets.all(), [info]);
      }),
    );
    test(
      "configuration files, policy and declared setuid files are kept with it",
      within(async (repository, fixture) => {
        const policy = { confirm: { connectivity: 60 }, unowned: "overwrite" as const };
        const packet = makePacket({ ...packetOf("a", []), conffiles: ["etc/a"], policy, setid: true });
        await repository.packets.add(packet, UPLOAD);
        const again = await fixture.reopen();
        assert.deepEqual(await again.packets.get(packet.digest), packet);
        const json = await again.packets.json(packet.digest);
        assert.deepEqual(makePacket(JSON.parse(Buffer.from(json ?? "").toString())), packet);
        assert.equal(await again.packets.json(sha256("nothing")), undefined);
      }),
    );
    test(
      "the same packet again changes nothing",
      within(async (repository) => {
        const first = await repository.packets.add(packetOf("a", ["v1"]), UPLOAD);
        const second = await repository.packets.add(packetOf("a", ["v1"]), {
          author: "otto",
          address: "10.0.0.1",
          time: 9,
        });
        assert.deepEqual(second, { info: first.info, created: false });
        assert.equal((await repository.packets.all()).length, 1);
      }),
    );
    test(
      "a name with its tags, in any order, stands for one content",
      within(async (repository) => {
        await repository.packets.add(packetOf("a", ["v1", "arm"], "one"), UPLOAD);
        const other = { ...packetOf("a", ["v1", "arm"], "two"), tags: ["v1", "arm"] };
        await assert.rejects(
          repository.packets.add(other, UPLOAD),
          failsWith("PACKET_CONFLICT", /^the packet a with the tags arm,v1 was uploaded with other content$/),
        );
        assert.equal((await repository.packets.all()).length, 1);
      }),
    );
    test(
      "a packet without tags stands for one content as well",
      within(async (repository) => {
        await repository.packets.add(packetOf("a", [], "one"), UPLOAD);
        await assert.rejects(
          repository.packets.add(packetOf("a", [], "two"), UPLOAD),
          failsWith("PACKET_CONFLICT", /without tags/),
        );
      }),
    );
    test(
      "a sequence grows and is not used again after its packet is removed",
      within(async (repository, fixture) => {
        await repository.packets.add(packetOf("a", ["v1"]), UPLOAD);
        const last = packetOf("a", ["v2"]);
        await repository.packets.add(last, UPLOAD);
        assert.equal(await repository.packets.remove(last.digest, UPLOAD), true);
        const again = await fixture.reopen();
        const { info } = await again.packets.add(packetOf("a", ["v3"]), UPLOAD);
        assert.equal(info.sequence, 3);
        assert.deepEqual(
          (await again.packets.all()).map((packet) => packet.sequence),
          [1, 3],
        );
      }),
    );
    test(
      "a removed packet is gone; removing it again says so",
      within(async (repository) => {
        const packet = packetOf("a", ["v1"]);
        await repository.packets.add(packet, UPLOAD);
        assert.equal(await repository.packets.remove(packet.digest, UPLOAD), true);
        assert.equal(await repository.packets.remove(packet.digest, UPLOAD), false);
        assert.equal(await repository.packets.get(packet.digest), undefined);
        await repository.packets.add(packetOf("a", ["v1"], "other"), UPLOAD);
      }),
    );
    test(
      "many additions at once: each is there once, or refused",
      within(async (repository) => {
        const packets = Array.from({ length: 40 }, (_, i) => packetOf("a", [`v${i % 10}`], `c${i % 20}`));
        const done = await Promise.allSettled(
          packets.map((packet) => repository.packets.add(packet, UPLOAD)),
        );
        const created = done.filter((one) => one.status === "fulfilled" && one.value.created).length;
        assert.equal(created, 10);
        assert.equal((await repository.packets.all()).length, 10);
        assert.equal(done.filter((one) => one.status === "rejected").length, 20);
      }),
    );
  });

  describe(`${name}: deltas`, () => {
    const delta = { digest: sha256("delta"), size: 5 };

    test(
      "a delta, and that none pays, is kept until one of its packets goes",
      within(async (repository, fixture) => {
        const [a, b, c] = [packetOf("d", ["v1"]), packetOf("d", ["v2"]), packetOf("d", ["v3"])];
        for (const packet of [a, b, c]) await repository.packets.add(packet, UPLOAD);
        assert.equal(await repository.made.delta(a.digest, b.digest), undefined);
        await repository.made.saveDelta(a.digest, b.digest, null);
        assert.equal(await repository.made.delta(a.digest, b.digest), null);
        await repository.made.saveDelta(a.digest, b.digest, delta);
        await repository.made.saveDelta(b.digest, c.digest, delta);
        const again = await fixture.reopen();
        assert.deepEqual(await again.made.delta(a.digest, b.digest), delta);
        assert.equal(await again.made.delta(b.digest, a.digest), undefined);
        assert.deepEqual(await again.made.blobs(), [delta.digest]);
        await again.packets.remove(b.digest, UPLOAD);
        assert.equal(await again.made.delta(a.digest, b.digest), undefined);
        assert.deepEqual(await again.made.blobs(), []);
      }),
    );
    test(
      "a delta of a packet that is not there is not kept",
      within(async (repository) => {
        const a = packetOf("d", ["v1"]);
        await repository.packets.add(a, UPLOAD);
        await repository.made.saveDelta(a.digest, sha256("?"), delta);
        await repository.made.saveDelta(sha256("?"), a.digest, delta);
        assert.deepEqual(await repository.made.blobs(), []);
      }),
    );
  });

  describe(`${name}: whole bundles`, () => {
    const bundle = { digest: sha256("bundle"), size: 6 };

    test(
      "a whole bundle, and that none pays, is kept until its packet goes",
      within(async (repository, fixture) => {
        const [a, b, c] = [packetOf("d", ["v1"]), packetOf("d", ["v2"]), packetOf("d", ["v3"])];
        for (const packet of [a, b, c]) await repository.packets.add(packet, UPLOAD);
        assert.equal(await repository.made.wholeBundle(a.digest), undefined);
        await repository.made.saveWholeBundle(a.digest, null);
        assert.equal(await repository.made.wholeBundle(a.digest), null);
        await repository.made.saveWholeBundle(a.digest, bundle);
        await repository.made.saveWholeBundle(b.digest, bundle);
        await repository.made.saveWholeBundle(c.digest, null);
        const again = await fixture.reopen();
        assert.deepEqual(await again.made.wholeBundle(a.digest), bundle);
        assert.deepEqual(await again.made.blobs(), [bundle.digest]);
        await again.packets.remove(a.digest, UPLOAD);
        assert.equal(await again.made.wholeBundle(a.digest), undefined);
        assert.deepEqual(await again.made.blobs(), [bundle.digest], "another packet has the same");
        await again.packets.remove(b.digest, UPLOAD);
        assert.deepEqual(await again.made.blobs(), []);
        assert.equal(await again.made.wholeBundle(c.digest), null);
      }),
    );
    test(
      "those of deltas and of whole bundles are named together, each once",
      within(async (repository) => {
        const [a, b] = [packetOf("d", ["v1"]), packetOf("d", ["v2"])];
        for (const packet of [a, b]) await repository.packets.add(packet, UPLOAD);
        const delta = { digest: sha256("delta"), size: 5 };
        await repository.made.saveDelta(a.digest, b.digest, delta);
        await repository.made.saveDelta(b.digest, a.digest, bundle);
        await repository.made.saveWholeBundle(b.digest, bundle);
        assert.deepEqual([...(await repository.made.blobs())].sort(), [delta.digest, bundle.digest].sort());
      }),
    );
    test(
      "of a blob it is known what it was made of, each time that it was",
      within(async (repository) => {
        const [a, b] = [packetOf("d", ["v1"]), packetOf("d", ["v2"])];
        for (const packet of [a, b]) await repository.packets.add(packet, UPLOAD);
        await repository.made.saveDelta(a.digest, b.digest, bundle);
        await repository.made.saveDelta(b.digest, a.digest, null);
        await repository.made.saveWholeBundle(b.digest, bundle);
        assert.deepEqual(await repository.made.madeOf(bundle.digest), [
          { packet: b.digest, base: a.digest },
          { packet: b.digest },
        ]);
        assert.deepEqual(await repository.made.madeOf(sha256("no blob")), []);
        await repository.packets.remove(a.digest, UPLOAD);
        assert.deepEqual(await repository.made.madeOf(bundle.digest), [{ packet: b.digest }]);
      }),
    );
    test(
      "a whole bundle of a packet that is not there is not kept",
      within(async (repository) => {
        await repository.made.saveWholeBundle(sha256("?"), bundle);
        assert.equal(await repository.made.wholeBundle(sha256("?")), undefined);
        assert.deepEqual(await repository.made.blobs(), []);
      }),
    );
  });

  describe(`${name}: devices`, () => {
    test(
      "devices are there as they were saved, by id, also after a new start",
      within(async (repository, fixture) => {
        const records = [deviceOf("b", 2, transactionOf("t1")), deviceOf("a", 1), deviceOf("gerät-ü", 3)];
        await repository.devices.save(records, []);
        await repository.devices.save([deviceOf("a", 7)], []);
        const again = await fixture.reopen();
        assert.deepEqual(await allDevices(again), [
          deviceOf("a", 7),
          ...records.filter(({ id }) => id !== "a"),
        ]);
      }),
    );
    test(
      "devices are found by their ids, and page by page without what they reported",
      within(async (repository, fixture) => {
        const standing = {
          ...NEW_STANDING,
          isManaged: true,
          halt: { reason: "foreign" as const, revision: 3, newest: 1 },
        };
        const a = { ...deviceOf("a", 1, transactionOf("t1")), drift: null };
        const b = { ...deviceOf("b", 2), standing, certEnds: null, certIssuer: null };
        const c = { ...deviceOf("c", 3), retry: "t1", state: { systemtags: [], apps: [] } };
        await repository.devices.save([c, a, b], []);
        await repository.devices.giveTags("c", ["lab"], REQUEST);
        await repository.devices.noteSeen(new Map([["a", { time: 9, certEnds: 4 }]]));
        const { devices } = await fixture.reopen();
        const rows = [a, b, c].map(rowOf);
        assert.deepEqual(await devices.rowsAfter("", 9), [
          { ...rows[0], lastSeen: 9, certEnds: 4 },
          rows[1],
          { ...rows[2], given: ["lab"] },
        ]);
        assert.deepEqual(await devices.rowsAfter("a", 1), [rows[1]]);
        assert.deepEqual(await devices.rowsAfter("c", 1), []);
        const found = await devices.getAll(["c", "nobody", "b"]);
        assert.deepEqual(new Set(found), new Set([b, { ...c, given: ["lab"] }]));
      }),
    );
    test(
      "a list is saved all or none",
      within(async (repository) => {
        await repository.devices.save([deviceOf("a", 1)], []);
        const broken = { ...deviceOf("b"), lastSeen: Symbol("no number") } as unknown as DeviceRecord;
        await assert.rejects(repository.devices.save([deviceOf("a", 2), broken], []));
        assert.deepEqual(await allDevices(repository), [deviceOf("a", 1)]);
        await repository.devices.save([deviceOf("a", 3)], []);
      }),
    );
    test(
      "the wish for another try is kept, and forgotten when it is taken back",
      within(async (repository, fixture) => {
        const wished = { ...deviceOf("a", 1, transactionOf("t1")), retry: "t1" };
        await repository.devices.save([wished], []);
        await repository.devices.noteSeen(new Map([["a", { time: 2, certEnds: undefined }]]));
        const again = await fixture.reopen();
        assert.deepEqual(await allDevices(again), [{ ...wished, lastSeen: 2 }]);
        await again.devices.save([{ ...wished, retry: null }], []);
        assert.deepEqual(await allDevices(again), [{ ...wished, retry: null }]);
      }),
    );
    test(
      "touching changes the time, and the end of a certificate that is known, and passes over unknown devices",
      within(async (repository, fixture) => {
        await repository.devices.save([deviceOf("a", 1, transactionOf("t1")), deviceOf("b", 1)], []);
        await repository.devices.noteSeen(
          new Map([
            ["a", { time: 9, certEnds: undefined }],
            ["b", { time: 1, certEnds: 8 }],
            ["nobody", { time: 9, certEnds: 9 }],
          ]),
        );
        const again = await fixture.reopen();
        assert.deepEqual(await allDevices(again), [
          deviceOf("a", 9, transactionOf("t1")),
          { ...deviceOf("b", 1), certEnds: 8 },
        ]);
      }),
    );
    test(
      "how a device stands to the history is kept",
      within(async (repository, fixture) => {
        const standing: Standing = {
          followed: { revision: 3, seal: "m" },
          accepted: { revision: 2 },
          halt: { reason: "foreign", revision: 3, newest: 1 },
          isManaged: true,
          wish: 4,
          claimed: [sha256("a packet of others")],
        };
        await repository.devices.save([{ ...deviceOf("a"), standing }], []);
        assert.deepEqual((await allDevices(await fixture.reopen()))[0]?.standing, standing);
      }),
    );
    test(
      "nothing to save is no change",
      within(async (repository) => {
        await repository.devices.save([], []);
        await repository.devices.noteSeen(new Map());
        assert.deepEqual(await allDevices(repository), []);
      }),
    );
  });

  describe(`${name}: documents`, () => {
    const one: readonly App[] = [
      { name: "a", tags: ["v1", "arm"] },
      { name: "b", tags: [] },
    ];

    test(
      "what devices have of their own is found by their ids, as of a revision, and page by page; specs apart from that",
      within(async (repository, fixture) => {
        const gone = { kind: "device" as const, id: "d1", content: null };
        await repository.documents.commit([own("d1", one), own("d2", one), spec("s1", [], one)], REQUEST);
        await repository.documents.commit([own("d2", []), own("d3", one)], REQUEST);
        await repository.documents.commit([gone, spec("s1", ["arm"], [])], REQUEST);
        const { documents } = await fixture.reopen();
        const versions = async (revision: number) =>
          (await documents.ownOf(["d3", "d1", "d2", "nobody"], revision))
            .map(({ id, revision, content }) => [id, revision, content?.apps.length ?? null])
            .sort();
        assert.deepEqual(await versions(1), [
          ["d1", 1, 2],
          ["d2", 1, 2],
        ]);
        assert.deepEqual(await versions(3), [
          ["d1", 3, null],
          ["d2", 2, 0],
          ["d3", 2, 2],
        ]);
        assert.deepEqual(await documents.ownersAfter("", 9), ["d1", "d2", "d3"]);
        assert.deepEqual(await documents.ownersAfter("", 1), ["d1"]);
        assert.deepEqual(await documents.ownersAfter("d1", 1), ["d2"]);
        assert.deepEqual(await documents.ownersAfter("d3", 1), []);
        const page = await documents.ownAfter("", 1);
        assert.deepEqual(page, [await documents.get({ kind: "device", id: "d2" })]);
        assert.deepEqual(await documents.ownAfter("d2", 9), [
          await documents.get({ kind: "device", id: "d3" }),
        ]);
        assert.deepEqual(await documents.specs(), [await documents.get({ kind: "spec", id: "s1" })]);
      }),
    );
    test(
      "what a revision touched is remembered: all that a spec chose by before and after",
      within(async (repository, fixture) => {
        const gone = (kind: "device" | "spec", id: string) => ({ kind, id, content: null });
        await repository.documents.commit([own("d1", []), spec("s1", ["arm"], one)], REQUEST);
        await repository.documents.commit([spec("s1", ["mips"], one), spec("s2", [], one)], REQUEST);
        await repository.documents.commit([gone("device", "d1")], REQUEST);
        await repository.documents.commit([gone("spec", "s1")], REQUEST);
        await repository.documents.commit([spec("s1", ["arm", "pi"], one)], REQUEST);
        assert.deepEqual(
          new Set(await (await fixture.reopen()).documents.touches()),
          new Set([
            { selector: ["arm"], revision: 2 },
            { selector: ["mips"], revision: 4 },
            { selector: [], revision: 2 },
            { selector: ["arm", "pi"], revision: 5 },
          ]),
        );
      }),
    );
    test(
      "numbers that are skipped are given to no revision, the history stays one; smaller ones change nothing",
      within(async (repository, fixture) => {
        await repository.revisions.skip(7);
        await repository.revisions.skip(3);
        assert.equal(await repository.revisions.newest(), 0);
        const again = await fixture.reopen();
        assert.equal((await again.documents.commit([own("d1", [])], REQUEST)).revision, 8);
        assert.equal((await again.documents.commit([own("d1", one)], REQUEST)).revision, 9);
        const { author, message, time } = REQUEST;
        assert.deepEqual(await again.revisions.get(9), { number: 9, parent: 8, author, message, time });
        assert.equal((await again.revisions.get(8))?.parent, null);
        assert.equal(await again.revisions.get(7), undefined);
      }),
    );
    test(
      "the key of a history is its own, and stays",
      within(async (repository, fixture) => {
        const key = Buffer.from(await repository.revisions.historyKey());
        assert.equal(key.length, 32);
        assert.ok(key.equals(await (await fixture.reopen()).revisions.historyKey()));
      }),
    );
    test(
      "a document that is said again is a new version of it",
      within(async (repository) => {
        await repository.documents.commit([own("d1", one)], REQUEST);
        const { changed } = await repository.documents.commit(
          [{ ...own("d1", one), isRepeated: true }],
          REQUEST,
        );
        assert.deepEqual(changed, [{ kind: "device", id: "d1", revision: 2, content: contentOf(one) }]);
        const nothing = { kind: "device" as const, id: "d2", content: null, isRepeated: true as const };
        assert.equal((await repository.documents.commit([nothing], REQUEST)).revision, 3);
        assert.equal(await repository.documents.get({ kind: "device", id: "d2" }), undefined);
      }),
    );
    test(
      "each commit is a revision whose parent is the newest of the fleet",
      within(async (repository, fixture) => {
        const first = await repository.documents.commit([own("d1", one)], REQUEST);
        assert.deepEqual(first, {
          revision: 1,
          changed: [{ kind: "device", id: "d1", revision: 1, content: contentOf(one) }],
        });
        await repository.documents.commit([own("d2", []), spec("s1", ["arm"], one)], {
          ...REQUEST,
          author: "otto",
        });
        const reverts = { to: 1, document: { kind: "device", id: "d1" } } as const;
        await repository.documents.commit([own("d1", [])], { ...REQUEST, message: "", reverts });
        const again = await fixture.reopen();
        const d1 = { kind: "device" as const, id: "d1" };
        const d2 = { kind: "device" as const, id: "d2" };
        const s1 = { kind: "spec" as const, id: "s1" };
        const { author, message, time } = REQUEST;
        const request = { author, message, time };
        const third = { number: 3, parent: 2, ...request, message: "", changed: 1, documents: [d1], reverts };
        assert.deepEqual(await again.revisions.list({ limit: 10 }), [
          third,
          { number: 2, parent: 1, ...request, author: "otto", changed: 2, documents: [d2, s1] },
          { number: 1, parent: null, ...request, changed: 1, documents: [d1] },
        ]);
        assert.deepEqual(await again.documents.all(), [
          { ...d1, revision: 3, content: contentOf([]) },
          { ...d2, revision: 2, content: contentOf([]) },
          { ...s1, revision: 2, content: contentOf(one, ["arm"]) },
        ]);
        assert.deepEqual(await again.documents.all(1), first.changed);
        assert.deepEqual(await again.revisions.reverting(2, 9), [{ number: 3, ...reverts }]);
        assert.deepEqual(await again.revisions.reverting(3, 9), []);
        assert.equal(await again.revisions.newest(), 3);
        assert.deepEqual(await again.documents.touched({ after: 1, upTo: 3 }), [d1, d2, s1]);
        assert.deepEqual(await again.documents.touched({ after: 2, upTo: 3 }), [d1]);
        const touchedLast = { after: 2, upTo: 3 };
        assert.deepEqual(await again.documents.all(1, touchedLast), first.changed);
        assert.deepEqual(await again.documents.all(2, touchedLast), first.changed);
        assert.deepEqual(await again.documents.all(3, touchedLast), [
          { ...d1, revision: 3, content: contentOf([]) },
        ]);
        assert.equal((await again.documents.all(3, { after: 1, upTo: 2 })).length, 2);
        const page = await again.revisions.list({ document: d1, before: 4, limit: 1 });
        assert.deepEqual(page, [third]);
        assert.deepEqual(
          (await again.revisions.list({ document: d1, before: 3, limit: 9 })).map(({ number }) => number),
          [1],
        );
        const numbers = async (query: Partial<RevisionQuery>): Promise<readonly number[]> =>
          (await again.revisions.list({ limit: 9, ...query })).map(({ number }) => number);
        assert.deepEqual(await numbers({ author: "otto" }), [2]);
        assert.deepEqual(await numbers({ author: "otto", document: d1 }), []);
        assert.deepEqual(await numbers({ since: time }), [3, 2, 1]);
        assert.deepEqual(await numbers({ since: time + 1, document: d1 }), []);
      }),
    );
    test(
      "a removed document is gone, and its past stays",
      within(async (repository) => {
        const key = { kind: "spec" as const, id: "s" };
        await repository.documents.commit([spec("s", ["arm"], one)], REQUEST);
        const { changed } = await repository.documents.commit([{ ...key, content: null }], REQUEST);
        assert.deepEqual(changed, [{ ...key, revision: 2, content: null }]);
        assert.deepEqual(await repository.documents.all(), []);
        assert.equal(await repository.documents.get(key), undefined);
        assert.deepEqual((await repository.documents.get(key, 1))?.content, contentOf(one, ["arm"]));
        assert.deepEqual(
          (await repository.documents.versions(key)).map(({ revision, content }) => [
            revision,
            content === null,
          ]),
          [
            [1, false],
            [2, true],
          ],
        );
        assert.deepEqual(await repository.documents.commit([{ ...key, content: null }], REQUEST), {
          revision: 2,
          changed: [],
        });
      }),
    );
    test(
      "what says the same, in another order, makes no revision",
      within(async (repository) => {
        await repository.documents.commit([own("d1", one), spec("s", ["x", "y"], one)], REQUEST);
        const turned = [
          { name: "b", tags: [] },
          { name: "a", tags: ["arm", "v1"] },
        ];
        const { revision, changed } = await repository.documents.commit(
          [own("d1", turned), spec("s", ["y", "x"], turned)],
          REQUEST,
        );
        assert.deepEqual([revision, changed], [1, []]);
        assert.equal((await repository.revisions.list({ limit: 10 })).length, 1);
      }),
    );
    test(
      "another policy or selector for the same apps is a revision, and is kept",
      within(async (repository, fixture) => {
        await repository.documents.commit([own("d1", one), spec("s", ["x"], one)], REQUEST);
        const policy = { confirm: { connectivity: 60 }, unowned: "adopt" as const };
        const changes = [own("d1", one, policy), spec("s", ["x", "y"], one)];
        assert.equal((await repository.documents.commit(changes, REQUEST)).changed.length, 2);
        assert.equal((await repository.documents.commit(changes, REQUEST)).changed.length, 0);
        const again = await fixture.reopen();
        assert.deepEqual(
          (await again.documents.all()).map(({ content }) => [content.policy, content.selector]),
          [
            [policy, []],
            [{}, ["x", "y"]],
          ],
        );
      }),
    );
    test(
      "an expected revision that is not the current one changes nothing, nor what comes with it",
      within(async (repository) => {
        await assert.rejects(
          repository.documents.commit([own("d2", one), { ...own("d1", one), expected: 4 }], REQUEST),
          failsWith(
            "REVISION_CONFLICT",
            /^the desired state of d1 is not there \(revision 0\), not .* revision 4/,
          ),
        );
        assert.deepEqual(await repository.documents.all(), []);
        await repository.documents.commit([{ ...own("d1", one), expected: 0 }], REQUEST);
        await repository.documents.commit([{ ...own("d1", []), expected: 1 }], REQUEST);
        await assert.rejects(
          repository.documents.commit([{ ...own("d1", one), expected: 1 }], REQUEST),
          failsWith("REVISION_CONFLICT", /d1 is at revision 2, not at revision 1/),
        );
        assert.equal(await repository.revisions.newest(), 2);
      }),
    );
    test(
      "what says the same already passes, whatever was expected; what comes with it is made",
      within(async (repository) => {
        await repository.documents.commit([own("d1", one)], REQUEST);
        for (const expected of [0, 1, 7]) {
          const same = await repository.documents.commit([{ ...own("d1", one), expected }], REQUEST);
          assert.deepEqual(same, { revision: 1, changed: [] });
        }
        const gone = await repository.documents.commit(
          [{ kind: "device", id: "d2", content: null, expected: 7 }],
          REQUEST,
        );
        assert.deepEqual(gone, { revision: 1, changed: [] });
        const changes = [{ ...own("d1", one), expected: 0 }, own("d2", one)];
        const { changed } = await repository.documents.commit(changes, REQUEST);
        assert.deepEqual(
          changed.map(({ id, revision }) => [id, revision]),
          [["d2", 2]],
        );
      }),
    );
    test(
      "of many that expect the same revision, one wins",
      within(async (repository) => {
        const tries = Array.from({ length: 20 }, (_, i) =>
          repository.documents.commit(
            [{ ...own("d1", [{ name: "a", tags: [`v${i}`] }]), expected: 0 }],
            REQUEST,
          ),
        );
        const done = await Promise.allSettled(tries);
        assert.equal(done.filter((one) => one.status === "fulfilled").length, 1);
        assert.equal(await repository.revisions.newest(), 1);
      }),
    );
    let shared: RepositoryFixture | undefined;
    before(async () => {
      shared = await open();
    });
    after(async () => {
      await shared?.dispose();
    });
    test("law: what is committed is what is read, and committing it again, shuffled, changes nothing", async () => {
      const repository = shared?.repository;
      assert.ok(repository);
      const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
      const app = fc.record({ name: word, tags: fc.uniqueArray(word, { maxLength: 4 }) });
      const apps = fc.uniqueArray(app, { selector: ({ name }) => name, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(word, apps, async (id, wishes) => {
          await repository.documents.commit([own(id, wishes)], REQUEST);
          const now = (await repository.documents.get({ kind: "device", id }))?.content;
          assert.deepEqual(now?.apps.map(sorted), wishes.map(sorted).sort(likeOf(now?.apps ?? [])));
          const shuffled = [...wishes]
            .reverse()
            .map(({ name, tags }) => ({ name, tags: [...tags].reverse() }));
          assert.equal((await repository.documents.commit([own(id, shuffled)], REQUEST)).changed.length, 0);
        }),
        { numRuns: 60 },
      );
    });
  });
}

function contentOf(
  apps: readonly App[],
  selector: readonly string[] = [],
  policy: Policy = {},
): DocumentContent {
  return { selector, apps, policy };
}

/** The change that sets a device's own desired state. */
export function own(id: string, apps: readonly App[], policy: Policy = {}): DocumentChange {
  return { kind: "device", id, content: contentOf(apps, [], policy) };
}

/** The change that sets a spec. */
export function spec(id: string, selector: readonly string[], apps: readonly App[]): DocumentChange {
  return { kind: "spec", id, content: contentOf(apps, selector) };
}

/** Changes to two documents that say a word. */
export function pairOf(word: string): readonly [DocumentChange, DocumentChange] {
  const apps = [{ name: "app", tags: [word] }];
  return [own("device-1", apps), spec("all", [], apps)];
}

function sorted({ name, tags }: App): App {
  return { name, tags: [...tags].sort() };
}

/** Orders apps as another list has them. */
function likeOf(apps: readonly App[]) {
  const place = new Map(apps.map(({ name }, i) => [name, i]));
  return (a: App, b: App): number => (place.get(a.name) ?? -1) - (place.get(b.name) ?? -1);
}
