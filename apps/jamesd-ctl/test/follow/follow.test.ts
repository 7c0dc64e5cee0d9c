import assert from "node:assert/strict";
import { test } from "node:test";
import { followDevice } from "../../src/follow/follow.ts";
import { type Asked, withServer } from "../answering-server.ts";
import { device } from "../device.ts";

const EVENT = { kind: "device-removed", time: 0, author: "d", address: "10.0.0.1", device: "device-1" };

function following(notes: string[]) {
  return {
    id: "device-1",
    change: { revision: 5 },
    timeoutMs: 60_000,
    note: (line: string) => notes.push(line),
    signal: new AbortController().signal,
  };
}

function questions(asked: readonly Asked[]): readonly string[] {
  return asked.map(({ path, query: { last, after }, prefer }) =>
    path === "/v1/events"
      ? `events ${last ? `last ${last}` : `after ${after}`} ${prefer ?? ""}`.trim()
      : "device",
  );
}

test("a device is looked at once, and then once for each news of it", () =>
  withServer(
    ({ path }, turn) => {
      if (path === "/v1/events") return [{ ...EVENT, sequence: 7 + turn }];
      return device(turn < 5 ? "pending" : "in-sync");
    },
    async (client, asked) => {
      const notes: string[] = [];
      const { verdict } = await followDevice(client, following(notes));
      assert.equal(verdict.kind, "done");
      assert.deepEqual(questions(asked), [
        "events last 1",
        "device",
        "events after 7 wait=10",
        "device",
        "events after 9 wait=10",
        "device",
      ]);
      assert.deepEqual(notes, ["device-1: pending, revision 5", "device-1: in-sync, revision 5"]);
    },
  ));

test("it ends also when the events are gone, begin anew, or the server is away for a while", () =>
  withServer(
    ({ path }, turn) => {
      if (path !== "/v1/events") return device(turn < 6 ? "pending" : "in-sync");
      return turn === 2 ? { status: 503, code: "SERVER_STOPPING" } : [];
    },
    async (client, asked) => {
      const { verdict } = await followDevice(client, following([]));
      assert.equal(verdict.kind, "done");
      assert.ok(questions(asked).includes("events after 0 wait=10"));
    },
  ));
