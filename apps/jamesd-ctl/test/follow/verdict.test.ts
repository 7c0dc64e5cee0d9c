import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Device } from "@jamesd/protocol";
import { failureOf } from "../../src/follow/ending.ts";
import { judge } from "../../src/follow/verdict.ts";
import { explainFailure } from "../../src/views/failure.ts";
import { device, PACKET, transaction } from "../device.ts";

const kindOf = (seen: Device): string => judge(seen, { revision: 5 }).kind;

suite("judging a device", () => {
  test("in sync with the revision is done", () => {
    assert.equal(kindOf(device("in-sync")), "done");
    assert.equal(kindOf(device("pending")), "waiting");
  });

  test("what is shown of before the change decides nothing", () => {
    for (const sync of ["in-sync", "failed", "unsatisfiable"] as const)
      assert.equal(kindOf(device(sync, { revision: 4, transaction: transaction() })), "waiting");
  });

  test("an app that is installed again: its own transaction decides, though the device is in sync all the time", () => {
    const judged = (more: object) => judge(device("in-sync", more), { revision: 5, reinstall: "w1" }).kind;
    const by = (reinstall: string | undefined, outcome: "committed" | "rolled-back") =>
      judged({ reinstall: null, transaction: { ...transaction(), reinstall, outcome } });
    assert.equal(judged({ reinstall: { id: "w1", app: "a" } }), "waiting");
    assert.deepEqual([by("w1", "committed"), by("w1", "rolled-back")], ["done", "failed"]);
    assert.deepEqual([by("w2", "rolled-back"), by(undefined, "committed")], ["done", "done"]);
  });

  test("a device that only specs manage is judged as any other", () => {
    const bySpecs = { desired: null, specs: ["a"] };
    assert.equal(kindOf(device("in-sync", bySpecs)), "done");
    assert.equal(kindOf(device("failed", { ...bySpecs, transaction: transaction() })), "failed");
    assert.equal(kindOf(device("unsatisfiable", bySpecs)), "unsatisfiable");
  });

  test("a spec that changed after the device's own desired state decides as well", () => {
    const desired = { id: "device-1", revision: 2, apps: [], policy: {} };
    assert.equal(kindOf(device("in-sync", { desired })), "done");
  });

  test("a device that is halted ends the waiting, with the way out", () => {
    const problem = { code: "HISTORY_UNKNOWN", message: "left alone", hint: "adopt-state" };
    const halted = device("halted", { problem, revision: 3 });
    assert.equal(kindOf(halted), "halted");
    const failure = failureOf({ device: halted, verdict: { kind: "halted" } });
    assert.deepEqual([failure?.code, failure?.hint], ["HISTORY_UNKNOWN", "adopt-state"]);
  });

  test("a device that is two machines ends the waiting, whatever one of them has", () => {
    const problem = { code: "DEVICE_DOUBLED", message: "two machines", hint: "a certificate each" };
    const doubled = device("doubled", { problem });
    assert.equal(kindOf(doubled), "doubled");
    const failure = failureOf({ device: doubled, verdict: { kind: "doubled" } });
    assert.deepEqual([failure?.code, failure?.hint], ["DEVICE_DOUBLED", "a certificate each"]);
  });

  test("when nobody wants anything any more, nobody waits", () => {
    assert.deepEqual(judge(device("unmanaged", { revision: null, desired: null }), { revision: 5 }), {
      kind: "replaced",
      revision: null,
    });
  });

  test("a failure counts only for this revision and target", () => {
    assert.equal(kindOf(device("failed", { transaction: transaction() })), "failed");
    assert.equal(kindOf(device("failed", { transaction: transaction({ revision: 4 }) })), "waiting");
    assert.equal(kindOf(device("failed", { transaction: transaction({ target: PACKET }) })), "waiting");
    assert.equal(kindOf(device("failed", { transaction: transaction({ outcome: "committed" }) })), "waiting");
    assert.equal(kindOf(device("failed")), "waiting");
    assert.equal(kindOf(device("pending", { transaction: transaction() })), "waiting");
  });

  test("a device that is stuck has failed, whatever its transaction is about", () => {
    const stuck = transaction({ outcome: "stuck", revision: 4, target: PACKET });
    assert.equal(kindOf(device("failed", { transaction: stuck })), "failed");
    assert.equal(explainFailure("d", stuck).at(-1), "d: stuck, attempt 1");
  });

  test("a newer revision ends the waiting", () => {
    assert.deepEqual(judge(device("in-sync", { revision: 6 }), { revision: 5 }), {
      kind: "replaced",
      revision: 6,
    });
  });
});

suite("saying why it failed", () => {
  test("step, script, exit code and the end of the output, as it is", () => {
    assert.deepEqual(explainFailure("device-1", transaction()), [
      "device-1: failed at: run postinst of vpn",
      "device-1: postinst of vpn ended with exit code 3; the end of its output:",
      "  | one",
      "  | no \u001b[31mroom",
      "device-1: rolled back, attempt 1",
    ]);
  });

  test("a step that is no script blames none", () => {
    const error = {
      code: "STORAGE_FULL",
      message: "no space",
      step: { kind: "unpack", app: "vpn", packet: PACKET },
    } as const;
    assert.deepEqual(explainFailure("d", transaction({ error })), [
      "d: failed at: unpack vpn",
      "d: rolled back, attempt 1",
    ]);
  });

  test("a healthcheck is a script as well", () => {
    const step = { kind: "script", script: "healthcheck", app: "vpn", packet: PACKET } as const;
    const run = { app: "vpn", script: "healthcheck", signal: null, durationMs: 1, undo: false } as const;
    const error = { code: "HEALTHCHECK_FAILED", message: "the healthcheck of vpn did not succeed", step };
    const scripts = [{ ...run, exitCode: 9, output: "no answer\n" }];
    assert.deepEqual(explainFailure("d", transaction({ error, scripts })).slice(0, 3), [
      "d: failed at: run healthcheck of vpn",
      "d: healthcheck of vpn ended with exit code 9; the end of its output:",
      "  | no answer",
    ]);
  });

  test("a script that undid a step is not blamed, even when the step is not known", () => {
    const error = { code: "SCRIPT_FAILED", message: "failed" };
    assert.match(
      explainFailure("d", transaction({ error }))[0] ?? "",
      /postinst of vpn ended with exit code 3/,
    );
  });

  test("every failure is of the device's class, except that another revision came", () => {
    const end = (seen: Device) => {
      const verdict = judge(seen, { revision: 5 });
      assert.notEqual(verdict.kind, "waiting");
      return verdict.kind === "waiting" ? undefined : failureOf({ device: seen, verdict });
    };
    const problem = { code: "NO_PACKET_FULFILS", message: "no packet", hint: "upload one" };
    const noCode = transaction({ error: { code: "NEW_CODE", message: "new" } });
    assert.equal(end(device("in-sync")), undefined);
    assert.equal(end(device("failed", { transaction: transaction() }))?.code, "SCRIPT_FAILED");
    assert.equal(end(device("failed", { transaction: noCode }))?.class, "device");
    assert.equal(end(device("unsatisfiable", { problem }))?.class, "device");
    assert.equal(end(device("unsatisfiable", { problem }))?.hint, "upload one");
    for (const revision of [6, null])
      assert.equal(end(device("in-sync", { revision }))?.code, "REVISION_CONFLICT");
  });
});
