import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Server } from "node:https";
import { test } from "node:test";
import { endStalledReaders } from "../src/http/stalled-readers.ts";

/** A connection as far as it is watched: what was written to it, and what of that was not taken. */
class Reader extends EventEmitter {
  bytesWritten = 0;
  writableLength = 0;
  isEnded = false;

  /** It takes so much of a long answer, of which there is always more. */
  takes(bytes: number): void {
    this.bytesWritten += bytes;
    this.writableLength = 65_536;
  }

  destroy(): void {
    this.isEnded = true;
    this.emit("close");
  }
}

test("who takes less than 250 bytes a second is ended, who takes as much is not, nor who has nothing to take", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const server = new EventEmitter();
  endStalledReaders(server as Server, 60_000);
  const readers = [0, 1, 14_999, 15_000, 10_000_000].map((bytes) => ({ bytes, reader: new Reader() }));
  const idle = new Reader();
  for (const { reader } of [...readers, { reader: idle }]) server.emit("secureConnection", reader);
  for (const { bytes, reader } of readers) reader.takes(bytes);
  t.mock.timers.tick(60_000);
  assert.ok(
    readers.every(({ reader }) => !reader.isEnded),
    "the answer may have begun a moment ago",
  );
  for (let i = 0; i < 3; i++) {
    for (const { bytes, reader } of readers) reader.takes(bytes);
    t.mock.timers.tick(60_000);
  }
  assert.deepEqual(
    readers.map(({ reader }) => reader.isEnded),
    [true, true, true, false, false],
  );
  assert.equal(idle.isEnded, false);
});

test("who took everything, and later has another answer to take, is not slow for the time between", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const server = new EventEmitter();
  endStalledReaders(server as Server, 60_000);
  const reader = new Reader();
  server.emit("secureConnection", reader);
  for (let i = 0; i < 4; i++) {
    reader.takes(100);
    t.mock.timers.tick(60_000);
    reader.writableLength = 0;
    t.mock.timers.tick(60_000);
  }
  assert.equal(reader.isEnded, false);
});
