import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol";
import fc from "fast-check";
import { deviceReported } from "../src/repository/make-event.ts";
import { deviceOf, transactionOf } from "./repository.contract.ts";

const ORIGIN = { author: "d", address: "10.0.0.1", time: 9 };
const FROM = { ...ORIGIN, device: "d" };
const KNOWN = deviceOf("d", 1, transactionOf("t1"));

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

test("law: what scripts said is kept from the end, and all of it together is bounded", () => {
  const run = { app: "a", script: "preinst" as const, exitCode: 0, signal: null, durationMs: 1, undo: false };
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { maxLength: 20 }), fc.nat(70_000), (lengths, more) => {
      const outputs = lengths.map((length, i) => `${i}`.repeat(length).slice(-length || length));
      const scripts = outputs.map((output) => ({ ...run, output }));
      const many = Array.from({ length: more }, () => ({ ...run, output: "" }));
      const [event] = deviceReported(
        KNOWN,
        withTransaction({ id: "t2", scripts: [...scripts, ...many] }),
        ORIGIN,
      );
      assert.equal(event?.kind, "transaction");
      if (event?.kind !== "transaction") return;
      const kept = event.transaction.scripts.slice(0, outputs.length).map(({ output }) => output);
      assert.ok(kept.join("").length <= 65_536);
      assert.ok(kept.every((text, i) => outputs[i]?.endsWith(text)));
      if (outputs.join("").length * (outputs.length + more) <= 65_536) assert.deepEqual(kept, outputs);
    }),
    { numRuns: 30 },
  );
});
