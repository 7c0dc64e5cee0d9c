import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, JamesError } from "@jamesd/model";
import { FailedRequests } from "../src/http/failed-requests.ts";

const SAID = { request: "1-a", method: "POST", url: "/v1/checkin" };

test("what the server's disk refuses is in the log, in some lines and then their number", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const lines: string[] = [];
  const write = (level: string) => (line: object, text: string) => {
    lines.push([level, text, "count" in line ? line.count : "", "err" in line ? "err" : ""].join(" ").trim());
  };
  const log = { debug: write("debug"), error: write("error") };
  const failed = new FailedRequests(log as never, { windowMs: 1000, most: 2 });
  const note = (code: ErrorCode, hasLeft = false) => {
    const error = new JamesError(code, "no");
    failed.note(SAID, error, error, hasLeft);
  };
  for (let i = 0; i < 5; i++) note(i % 2 ? "STORE_CORRUPT" : "STORAGE_FULL");
  assert.deepEqual(lines.splice(0), ["error request failed  err", "error request failed  err"]);
  // Who is told to look for its request in the log finds it there.
  for (let i = 0; i < 3; i++) note("INTERNAL");
  assert.equal(lines.splice(0).length, 3);
  for (const code of ["DEVICE_UNKNOWN", "SERVER_BUSY"] as const) note(code);
  note("STORAGE_FULL", true);
  assert.deepEqual(lines.splice(0), Array(3).fill("debug request refused"));
  t.mock.timers.tick(1000);
  assert.deepEqual(lines.splice(0), ["error more requests failed by the server's disk 3"]);
  note("STORAGE_FULL");
  assert.deepEqual(lines, ["error request failed  err"]);
});
