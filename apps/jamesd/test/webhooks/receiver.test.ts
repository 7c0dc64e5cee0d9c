import assert from "node:assert/strict";
import { test } from "node:test";
import { ROLLOUT_STATUSES } from "@jamesd/model";
import { typeOf, wantedOf } from "../../src/webhooks/event-type.ts";
import { receiversOf } from "../../src/webhooks/receiver.ts";

test("a webhook has TLS, but for one on this machine, or where it is let be", () => {
  const near = ["http://localhost/a", "http://127.8.0.1:99/", "http://[::1]/x", "https://example.com/s3cret"];
  assert.equal(receiversOf(near, false).length, 4);
  const far = ["http://example.com/", "http://10.0.0.1/", "http://localhost.example.com", "http://[::2]/"];
  for (const url of far) {
    assert.throws(() => receiversOf([url], false), { code: "USAGE" }, url);
    assert.equal(receiversOf([url], true).length, 1);
  }
  for (const url of ["ftp://localhost/", "example.com", "", "file:///etc/passwd"])
    assert.throws(() => receiversOf([url], true), { code: "USAGE" }, url);
  assert.throws(() => receiversOf([near[0] ?? "", near[0] ?? ""], false), { code: "USAGE" });
  const written = ["https://example.com", "https://EXAMPLE.com:443/"];
  assert.throws(() => receiversOf(written, false), { code: "USAGE" }, "one address, written twice");
});

test("what names a webhook holds nothing of its path, and no two have one name", () => {
  const [one, other] = receiversOf(["https://u:p@example.com/s3cret", "https://example.com/s3cret2"], false);
  assert.deepEqual([one?.name, other?.name], ["example.com", "example.com#2"]);
  assert.notEqual(one?.key, other?.key);
  const wrong = () => receiversOf(["http://u:p@example.com/s3cret"], false);
  assert.throws(wrong, (thrown: Error) => !/s3cret|u:p/.test(thrown.message));
});

test("which events a webhook is told of", () => {
  const usual = wantedOf([]);
  assert.ok(usual.types.has("transaction-stuck") && !usual.types.has("transaction-committed"));
  assert.ok(usual.kinds.includes("transaction") && !usual.kinds.includes("device-changed"));
  assert.deepEqual(wantedOf(["revision"]).kinds, ["revision"]);
  assert.ok(wantedOf(["all"]).kinds.includes("packet-added"));
  for (const kind of ["transaction", "rollout"]) assert.throws(() => wantedOf([kind]), { code: "USAGE" });
});

test("a rollout is told by how it stands: usually when somebody has to look at it", () => {
  const step = { author: "olga", address: "10.0.0.1", time: 1, sequence: 1, step: 2, wave: 1, waves: 3 };
  const types = ROLLOUT_STATUSES.map((status) =>
    typeOf({ kind: "rollout", ...step, rollout: 7, status, message: "" }),
  );
  const usual = wantedOf([]).types;
  assert.deepEqual(
    types.filter((type) => usual.has(type)),
    ["rollout-waiting", "rollout-paused", "rollout-reverted"],
  );
  assert.deepEqual([...wantedOf(types).types], types);
  assert.deepEqual(wantedOf(types).kinds, ["rollout"]);
});
