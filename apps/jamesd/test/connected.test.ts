import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "../src/device/report.ts";
import { Sessions } from "../src/fleet/sessions.ts";
import { Scene } from "./scene.ts";

const COME_BACK_MS = 10_000;
const SHORT = 20_000;
const POLLS_MS = 140_000;
const HELD_MS = 300_000;

/** Sessions whose clock stands until it is moved. */
function open() {
  const at = { now: 1_000_000 };
  const sessions = new Sessions({ noteSeen: async () => undefined }, () => at.now);
  const checkIn = (waitMs: number, report: Partial<Report> = {}) => {
    const session = sessions.hear("d", { instance: undefined, connection: 1, address: "10.0.0.1" });
    sessions.seen("d", session, report, waitMs);
    return session;
  };
  const connectedAfter = (ms: number): boolean => {
    at.now += ms;
    return sessions.isConnected("d");
  };
  return { at, sessions, checkIn, connectedAfter };
}

test("one that lets check-ins be held and hangs up is gone, unless it comes back", () => {
  const { sessions, checkIn, connectedAfter } = open();
  checkIn(HELD_MS);
  checkIn(0);
  sessions.hungUp("d", COME_BACK_MS);
  assert.equal(connectedAfter(COME_BACK_MS - 1), true);
  assert.equal(connectedAfter(1), false);
  checkIn(0);
  assert.equal(connectedAfter(POLLS_MS), true);
});

test("one that polls has no connection in between", () => {
  const { at, sessions, checkIn, connectedAfter } = open();
  checkIn(0);
  sessions.hungUp("d", COME_BACK_MS);
  assert.equal(connectedAfter(POLLS_MS), true);
  // It was held once, which was long ago.
  checkIn(HELD_MS);
  for (let polls = 0; polls < 10; polls += 1) {
    at.now += POLLS_MS;
    checkIn(0);
  }
  sessions.hungUp("d", COME_BACK_MS);
  assert.equal(connectedAfter(POLLS_MS), true);
});

test("a connection that was idle for long is no sign of anything", () => {
  const { sessions, checkIn, connectedAfter } = open();
  checkIn(HELD_MS);
  assert.equal(connectedAfter(74_000), true);
  sessions.hungUp("d", COME_BACK_MS);
  assert.equal(connectedAfter(SHORT), true);
});

test("one that was told to ask later, or has prepared a plan, is expected", () => {
  for (const report of [{}, { preparing: { target: "t", revision: 1 } }]) {
    const { sessions, checkIn, connectedAfter } = open();
    const session = checkIn(HELD_MS, report);
    if (!("preparing" in report)) session.askAgainMs = HELD_MS;
    sessions.hungUp("d", COME_BACK_MS);
    assert.equal(connectedAfter(SHORT), true);
  }
});

test("one that is held is there whatever else ended; who is not known is not", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  scene.hold("d").reply.catch(() => undefined);
  while (scene.fleet.holding.held === 0) await new Promise(setImmediate);
  scene.fleet.hungUp("d", COME_BACK_MS);
  scene.fleet.hungUp("e", COME_BACK_MS);
  scene.now += SHORT;
  const there = ["d", "e"].map((id) => scene.fleet.presence.isConnected(id));
  assert.deepEqual(there, [true, false]);
});
