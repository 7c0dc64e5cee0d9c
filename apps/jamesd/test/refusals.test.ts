import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { Refusals } from "../src/http/refusals.ts";

test("refusals are some lines in a time, and the number of the others", async () => {
  const lines: unknown[] = [];
  const written = new EventEmitter();
  const info = (line: unknown): void => {
    lines.push(line);
    written.emit("line");
  };
  const refusals = new Refusals({ info } as never, { windowMs: 50, most: 4, mostOfAddress: 2 });
  const reason = "no reason";
  for (let i = 0; i < 10; i++) refusals.note({ from: "::ffff:10.0.0.1", name: "n".repeat(1000), reason });
  for (let i = 0; i < 10; i++) refusals.note({ from: `10.0.1.${i}`, reason });
  const name = "n".repeat(200);
  assert.deepEqual(lines.splice(0), [
    { from: "10.0.0.1", name, reason },
    { from: "10.0.0.1", name, reason },
    { from: "10.0.1.0", reason },
    { from: "10.0.1.1", reason },
  ]);
  await once(written, "line");
  assert.deepEqual(lines.splice(0), [{ count: 16 }]);
  refusals.note({ from: undefined, reason });
  assert.deepEqual(lines, [{ from: "", reason }]);
});
