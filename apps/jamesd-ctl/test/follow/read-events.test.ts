import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { JamesError } from "@jamesd/model";
import type { Client, Event } from "@jamesd/protocol";
import { type EventsRequest, readEvents } from "../../src/follow/read-events.ts";
import { type Answer, type Asked, withServer } from "../answering-server.ts";

/** Events of these sequences. */
function events(...sequences: number[]): readonly Event[] {
  const from = { time: 0, author: "d", address: "10.0.0.1", device: "d" };
  return sequences.map((sequence) => ({ kind: "device-removed", sequence, ...from }));
}

/** A log of so many events, in pages of at most so many. */
function log(length: number, most: number) {
  const all = events(...Array.from({ length }, (_, i) => i + 1));
  return ({ query: { after = "0", before = "999", last } }: Asked): Answer => {
    const fit = all.filter(({ sequence }) => sequence > Number(after) && sequence < Number(before));
    return last === undefined ? fit.slice(0, most) : fit.slice(-Math.min(most, Number(last)));
  };
}

async function sequencesOf(client: Client, request: EventsRequest, most = Number.POSITIVE_INFINITY) {
  const found: number[] = [];
  for await (const { sequence } of readEvents(client, request, new AbortController().signal)) {
    found.push(sequence);
    if (found.length >= most) break;
  }
  return found;
}

const queriesOf = (asked: readonly Asked[]) => asked.map(({ query }) => query);

test("the whole is read page by page, each after the one before, to the empty one", () =>
  withServer(log(5, 2), async (client, asked) => {
    const request = { follow: false, device: "d", kinds: "retry", since: 3, until: 9 };
    assert.deepEqual(await sequencesOf(client, request), [1, 2, 3, 4, 5]);
    const query = { device: "d", kinds: "retry", since: "3", until: "9" };
    assert.deepEqual(
      queriesOf(asked),
      ["0", "2", "4", "5"].map((after) => ({ ...query, after })),
    );
    assert.ok(asked.every(({ prefer }) => prefer === undefined));
  }));

test("the last are read in as many pages as they take, told oldest first, and then it ends", () =>
  withServer(log(9, 2), async (client, asked) => {
    assert.deepEqual(await sequencesOf(client, { follow: false, last: 5 }), [5, 6, 7, 8, 9]);
    assert.deepEqual(queriesOf(asked), [
      { last: "5" },
      { last: "3", before: "8" },
      { last: "1", before: "6" },
    ]);
  }));

test("of a log with fewer events than the last so many, all are told", () =>
  withServer(log(3, 2), async (client) => {
    assert.deepEqual(await sequencesOf(client, { follow: false, last: 100 }), [1, 2, 3]);
  }));

test("who follows goes on after the last, and has the server wait", () =>
  withServer(
    (asked, turn) => (turn === 0 ? events(3, 4) : turn === 1 ? events(5) : log(7, 9)(asked)),
    async (client, asked) => {
      assert.deepEqual(await sequencesOf(client, { follow: true, last: 2 }, 5), [3, 4, 5, 6, 7]);
      assert.deepEqual(queriesOf(asked), [{ last: "2" }, { after: "4" }, { after: "5" }]);
      assert.deepEqual(
        asked.map(({ prefer }) => prefer),
        [undefined, "wait=60", "wait=60"],
      );
    },
  ));

test("who follows an empty log goes on after nothing", () =>
  withServer(
    (_, turn) => (turn === 0 ? [] : events(1)),
    async (client, asked) => {
      assert.deepEqual(await sequencesOf(client, { follow: true, last: 2 }, 1), [1]);
      assert.deepEqual(queriesOf(asked), [{ last: "2" }, { after: "0" }]);
    },
  ));

test("who waited in vain asks again after the same", () =>
  withServer(
    (_, turn) => [events(1), [], events(2)][turn] ?? [],
    async (client, asked) => {
      assert.deepEqual(await sequencesOf(client, { follow: true }, 2), [1, 2]);
      assert.deepEqual(queriesOf(asked), [{ after: "0" }, { after: "1" }, { after: "1" }]);
    },
  ));

test("a server that does not hold requests is not flooded by who follows", () =>
  withServer(
    () => [],
    async (client, asked) => {
      const stop = new AbortController();
      const reading = readEvents(client, { follow: true }, stop.signal).next();
      await sleep(1500);
      stop.abort();
      await assert.rejects(reading);
      // About two; hundreds without a pause.
      assert.ok(asked.length >= 1 && asked.length <= 10, String(asked.length));
    },
  ));

test("who follows survives that the server is away, but not other errors, nor its absence at the start", async () => {
  const away = { status: 503, code: "SERVER_STOPPING" };
  await withServer(
    (_, turn) => [events(1), away, events(2)][turn] ?? [],
    async (client, asked) => {
      assert.deepEqual(await sequencesOf(client, { follow: true }, 2), [1, 2]);
      assert.deepEqual(queriesOf(asked), [{ after: "0" }, { after: "1" }, { after: "1" }]);
    },
  );
  const refusals: readonly (readonly [answers: readonly Answer[], request: EventsRequest, code: string])[] = [
    [[away], { follow: true }, away.code],
    [[events(1), away], { follow: false }, away.code],
    [[events(1), { status: 404, code: "DEVICE_UNKNOWN" }], { follow: true }, "DEVICE_UNKNOWN"],
  ];
  for (const [answers, request, code] of refusals)
    await withServer(
      (_, turn) => answers[turn] ?? [],
      async (client) => {
        await assert.rejects(sequencesOf(client, request), (thrown) => JamesError.from(thrown).code === code);
      },
    );
});
