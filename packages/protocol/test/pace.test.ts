import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { connectionError } from "../src/connection-error.ts";
import { Exchange } from "../src/exchange.ts";
import { Pace, SlowAnswer } from "../src/pace.ts";
import { OwnPieces } from "../src/pieces.ts";

/** An answer is told of every second of a time. @returns after how many seconds it was too slow */
function secondsUntilSlow(bytesIn: (second: number) => number, isAwaited: (second: number) => boolean) {
  let now = 0;
  const pace = new Pace(() => now);
  let bytes = 0;
  for (let second = 1; second <= 600; second++) {
    pace.await(isAwaited(second));
    now += 1000;
    bytes += bytesIn(second);
    if (pace.isTooSlow(bytes)) return second;
  }
  return undefined;
}

const always = (): boolean => true;

test("an answer that is waited for for a minute has to come by at least 250 bytes a second", () => {
  assert.equal(
    secondsUntilSlow(() => 249, always),
    60,
  );
  assert.equal(
    secondsUntilSlow(() => 251, always),
    undefined,
  );
  assert.equal(
    secondsUntilSlow((second) => (second % 50 === 0 ? 50_000 : 0), always),
    undefined,
  );
  assert.equal(
    secondsUntilSlow((second) => (second < 100 ? 1000 : 1), always),
    180,
  );
});

test("time in which nobody waits is not the answer's", () => {
  assert.equal(
    secondsUntilSlow(
      () => 1,
      () => false,
    ),
    undefined,
  );
  assert.equal(
    secondsUntilSlow(
      () => 1,
      (second) => second % 2 === 0,
    ),
    120,
  );
});

/** A question whose answer comes a byte a second. @returns what it failed with, and when */
async function dripped(t: TestContext, bytes: Buffer, isLive: boolean) {
  let now = 1000;
  t.mock.method(process, "uptime", () => now);
  const socket = { setTimeout: () => socket, write: () => true, writableLength: 0, resume: () => socket };
  const question = {
    ...{ bytes: Buffer.alloc(0), bound: () => Number.POSITIVE_INFINITY, pieces: () => new OwnPieces() },
    ...{ timeoutMs: 30_000, signal: undefined, reached: () => undefined, isLive },
  };
  const exchange = new Exchange(socket as unknown as TLSSocket, question, () => undefined);
  let failed: unknown;
  const read = async (): Promise<void> => {
    for await (const _ of await exchange.answer);
  };
  read().catch((cause: unknown) => {
    failed = cause;
  });
  for (let second = 0; second < 200 && !failed; second++) {
    exchange.take(second < bytes.length ? bytes.subarray(second, second + 1) : Buffer.from("x"));
    now += 1;
    await setImmediate();
  }
  exchange.fail(new Error("the end of this test"));
  return failed;
}

const HEAD = Buffer.from("HTTP/1.1 200 OK\r\n\r\n");

test("a head and a body that come byte by byte fail; what is live may", async (t) => {
  for (const bytes of [HEAD, Buffer.from("HTTP/1.1 200 ")]) {
    const failed = await dripped(t, bytes, false);
    assert.ok(failed instanceof SlowAnswer, String(failed));
    assert.match(connectionError(failed, "jamesd:1").message, /less than 250 bytes a second for 60 s/);
  }
  assert.equal(await dripped(t, HEAD, true), undefined);
});
