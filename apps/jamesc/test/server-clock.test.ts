import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../src/server-clock.ts";

const MINUTE = 60_000;
const SERVER = Date.UTC(2026, 5, 1, 12);

test("a clock that is off is told once, until it is off by something else, or no more", () => {
  const said: string[] = [];
  const note = (...[details, text]: readonly unknown[]) =>
    void said.push(text === undefined ? String(details) : `${JSON.stringify(details)} ${text}`);
  const clock = new ServerClock({ info: note, warn: note } as ConstructorParameters<typeof ServerClock>[0]);
  const heard = (off: number): number | undefined => {
    clock.heard(SERVER, SERVER + off);
    return clock.off;
  };
  for (const off of [0, 5 * MINUTE - 1, 1 - 5 * MINUTE]) assert.equal(heard(off), undefined);
  assert.deepEqual(said, []);
  assert.equal(heard(-90 * MINUTE), -90 * MINUTE);
  assert.match(
    said.at(-1) ?? "",
    /"clock":"2026-06-01T10:30:00Z","server":"2026-06-01T12:00:00Z".* is not that of/,
  );
  assert.equal(heard(-90 * MINUTE - 2000), -90 * MINUTE, "what is told stays the same as long as it may");
  assert.equal(said.length, 1);
  assert.equal(heard(90 * 24 * 60 * MINUTE), 90 * 24 * 60 * MINUTE);
  assert.equal(said.length, 2);
  assert.equal(heard(1000), undefined);
  assert.match(said.at(-1) ?? "", /that of the server again/);
});
