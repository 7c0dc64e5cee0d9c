import assert from "node:assert/strict";
import { test } from "node:test";
import { QUIET_ANSWERS, Thrift } from "../src/thrift.ts";

test("memory is given back after the start, after work, and after many quiet answers", () => {
  let times = 0;
  const thrift = new Thrift(() => {
    times += 1;
  });
  const quiet = (count: number): void => {
    for (let n = 0; n < count; n++) thrift.quiet();
  };
  quiet(1);
  assert.equal(times, 1, "to start is to work");
  quiet(QUIET_ANSWERS);
  assert.equal(times, 1);
  quiet(1);
  assert.equal(times, 2);
  thrift.worked();
  assert.equal(times, 2, "not before it is quiet");
  quiet(1 + QUIET_ANSWERS);
  assert.equal(times, 3);
});
