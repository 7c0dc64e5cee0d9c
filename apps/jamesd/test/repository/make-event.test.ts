import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol";
import fc from "fast-check";
import { deviceReported } from "../../src/repository/make-event.ts";
import { deviceOf, transactionOf } from "./repository.contract.ts";

const ORIGIN = { author: "d", address: "10.0.0.1", time: 9 };
const FROM = { ...ORIGIN, device: "d" };
const KNOWN = { ...deviceOf("d", 1, transactionOf("t1")), drift: null };

function withTransaction(changed: Partial<Transaction>) {
  return { ...KNOWN, transaction: { ...transactionOf("t1"), ...changed } };
}

test("the first report adds the device, and tells of the transaction that it brings", () => {
  const { state, agent, transaction } = KNOWN;
  assert.deepEqual(deviceReported(undefined, KNOWN, ORIGIN), [
    { kind: "device-added", ...FROM, agent, state },
    { kind: "transaction", ...FROM, transaction },
  ]);
});

test("the same once more, later, is no event", () => {
  assert.deepEqual(deviceReported(KNOWN, { ...KNOWN, lastSeen: 99, retry: "t1" }, ORIGIN), []);
});

test("a transaction is news when its id, its outcome or the attempt is", () => {
  for (const changed of [{ id: "t2" }, { outcome: "stuck" as const }, { attempt: 2 }]) {
    const after = withTransaction(changed);
    assert.deepEqual(deviceReported(KNOWN, after, ORIGIN), [
      { kind: "transaction", ...FROM, transaction: after.transaction },
    ]);
  }
  assert.deepEqual(deviceReported(KNOWN, withTransaction({ durationMs: 99 }), ORIGIN), []);
});

test("apps that came, went or have other content, tags and the agent are told, each only when it changed", () => {
  const app = (name: string, tags: string[], content = "a") => ({ name, tags, digest: sha256(content) });
  const before = { ...KNOWN, state: { systemtags: ["x", "y"], apps: [app("a", ["v1"]), app("b", [])] } };
  const to = (apps: ReturnType<typeof app>[], systemtags = ["y", "x"], agent = before.agent) =>
    deviceReported(before, { ...before, agent, state: { systemtags, apps } }, ORIGIN);
  const changed = { kind: "device-changed", ...FROM };
  assert.deepEqual(to([app("b", []), app("a", ["v1"])]), []);
  assert.deepEqual(to([app("a", ["v1"], "other"), app("c", [])]), [
    {
      ...changed,
      apps: [
        { before: app("a", ["v1"]), after: app("a", ["v1"], "other") },
        { before: app("b", []), after: null },
        { before: null, after: app("c", []) },
      ],
    },
  ]);
  assert.deepEqual(to([app("a", ["v1"]), app("b", [])], ["x"], "jamesc 2"), [
    {
      ...changed,
      apps: [],
      systemtags: { before: ["x", "y"], after: ["x"] },
      agent: { before: before.agent, after: "jamesc 2" },
    },
  ]);
});

const RUN = { app: "a", script: "preinst" as const, exitCode: 0, signal: null, durationMs: 1, undo: false };

/** The event of a transaction that ended. */
function endOf(changed: Partial<Transaction>) {
  const [event, ...more] = deviceReported(KNOWN, withTransaction({ id: "t2", ...changed }), ORIGIN);
  assert.ok(event?.kind === "transaction" && more.length === 0);
  return event;
}

test("law: what scripts said is kept from the end, the last scripts first, and all of it together is bounded", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { maxLength: 20 }), fc.nat(2000), (lengths, more) => {
      const outputs = lengths.map((length, i) => `${i}`.repeat(length).slice(-length || length));
      const silent = Array.from({ length: more }, () => ({ ...RUN, output: "" }));
      const scripts = [...silent, ...outputs.map((output) => ({ ...RUN, output }))];
      const { transaction, omitted } = endOf({ scripts });
      const kept = transaction.scripts.map(({ output }) => output);
      assert.ok(kept.join("").length <= 65_536);
      assert.equal(kept.length + (omitted?.scripts ?? 0), scripts.length);
      assert.ok(kept.length >= Math.min(scripts.length, 300));
      assert.ok(kept.toReversed().every((text, i) => scripts.at(-1 - i)?.output.endsWith(text)));
      if (outputs.join("").length * scripts.length <= 65_536 && !omitted)
        assert.deepEqual(
          kept,
          scripts.map(({ output }) => output),
        );
    }),
    { numRuns: 30 },
  );
});

test("the last scripts are kept however long the first are, and however short", () => {
  const short = Array.from({ length: 1000 }, () => ({ ...RUN, output: "" }));
  const long = Array.from({ length: 100 }, (_, i) => ({ ...RUN, signal: "x".repeat(3000), output: `${i}` }));
  for (const [scripts, kept] of [
    [[...short, ...long], 10],
    [[...long, ...short], 300],
  ] as const) {
    const { transaction } = endOf({ scripts: [...scripts] });
    assert.deepEqual(transaction.scripts.at(-1), scripts.at(-1));
    assert.ok(transaction.scripts.length >= kept);
    assert.ok(Buffer.byteLength(JSON.stringify(transaction)) < 40_000);
  }
});

test("an output that is as long as may be is whole", () => {
  const output = "x".repeat(65_536);
  assert.equal(endOf({ scripts: [{ ...RUN, output }] }).transaction.scripts[0]?.output, output);
});

test("the texts of an error are cut, and show that they were; short ones are whole", () => {
  const step = { kind: "unpack" as const, app: "a", packet: sha256("p") };
  const short = { code: "SCRIPT_FAILED", message: "m".repeat(4096), hint: "h".repeat(1024), step };
  assert.deepEqual(endOf({ error: short }).transaction.error, short);
  const long = { code: "C".repeat(129), message: "ä".repeat(4096), hint: "h".repeat(1025), step };
  assert.deepEqual(endOf({ error: long }).transaction.error, {
    code: `${"C".repeat(125)}…`,
    message: `${"ä".repeat(2046)}…`,
    hint: `${"h".repeat(1021)}…`,
    step,
  });
  const bare = { code: "X", message: "m" };
  assert.deepEqual(endOf({ error: bare }).transaction.error, bare);
});

test("of long lists the first are told, and how many more there are", () => {
  const tags = Array.from({ length: 1024 }, (_, i) => `tag-${i}-${"x".repeat(40)}`);
  const apps = tags.map((name) => ({ name, tags: ["v1"], digest: sha256(name) }));
  const long = { ...KNOWN, transaction: null, state: { systemtags: tags, apps } };
  const empty = { ...long, state: { systemtags: [], apps: [] } };
  const isFirst = (part: readonly unknown[], whole: readonly unknown[], left: number | undefined) => {
    assert.ok(part.length > 100 && left !== undefined);
    assert.deepEqual(part, whole.slice(0, part.length));
    assert.equal(part.length + left, whole.length);
  };

  const [added] = deviceReported(undefined, long, ORIGIN);
  assert.ok(added?.kind === "device-added");
  isFirst(added.state.systemtags, tags, added.omitted?.systemtags);
  isFirst(added.state.apps, apps, added.omitted?.apps);

  const byName = apps.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const [grown] = deviceReported(empty, long, ORIGIN);
  assert.ok(grown?.kind === "device-changed");
  const gained = byName.map((app) => ({ before: null, after: app }));
  isFirst(grown.apps, gained, grown.omitted?.apps);
  isFirst(grown.systemtags?.after ?? [], tags, grown.omitted?.systemtagsAfter);
  assert.equal(grown.omitted?.systemtagsBefore, undefined);

  const [shrunk] = deviceReported(long, empty, ORIGIN);
  assert.ok(shrunk?.kind === "device-changed");
  isFirst(shrunk.systemtags?.before ?? [], tags, shrunk.omitted?.systemtagsBefore);
  const [renamed] = deviceReported(long, { ...long, agent: "jamesc 2" }, ORIGIN);
  assert.deepEqual(renamed, {
    kind: "device-changed",
    ...FROM,
    apps: [],
    agent: { before: long.agent, after: "jamesc 2" },
  });
});

test("law: whatever a device reports, an event has at most 128 KiB", () => {
  const bad = fc.constantFrom("\u0001", "x", "ä", "\ud800", "😀", '"');
  const long = (most: number) =>
    fc.tuple(bad, fc.integer({ min: 1, max: most })).map(([of, times]) => of.repeat(times).slice(0, most));
  const few = <T>(of: fc.Arbitrary<T>) =>
    fc
      .tuple(of, fc.integer({ min: 0, max: 300 }))
      .map(([one, times]) => Array.from({ length: times }, () => one));
  const app = fc.record({ name: long(1024), tags: few(long(64)), digest: fc.constant(sha256("a")) });
  const named = (apps: readonly (typeof app extends fc.Arbitrary<infer A> ? A : never)[]) =>
    apps.map((it, i) => ({ ...it, name: `${i}${it.name}` }));
  const state = fc.record({ systemtags: few(long(1024)), apps: few(app).map(named) });
  const runs = few(fc.record({ output: long(20_000), app: long(1024), signal: fc.option(long(5000)) }));
  const report = fc.record({
    state,
    agent: long(200),
    scripts: runs.map((list) => list.map((it) => ({ ...RUN, ...it }))),
    error: fc.record({ code: long(50_000), message: long(200_000), hint: long(50_000) }),
  });
  fc.assert(
    fc.property(report, report, (before, after) => {
      const [was, is] = [before, after].map(({ state: reported, agent, scripts, error }, i) => ({
        ...withTransaction({ id: `t${i}`, scripts, error }),
        state: reported,
        agent,
      }));
      assert.ok(was && is);
      for (const event of [...deviceReported(undefined, is, ORIGIN), ...deviceReported(was, is, ORIGIN)]) {
        const bytes = Buffer.byteLength(JSON.stringify(event));
        assert.ok(bytes <= 131_072, `${event.kind} has ${bytes}`);
      }
    }),
    { numRuns: 20 },
  );
});
