import assert from "node:assert/strict";
import { Agent } from "node:https";
import { test } from "node:test";
import { report } from "./http-seed.ts";
import { type Answer, codeOf, TestServer } from "./http-server.ts";

/** More than are let go at a time, however few they are. */
const DEVICES = Array.from({ length: 60 }, (_, i) => `dev-${i}`);
const AT_ONCE = 50;

/** Has every device hold a check-in. @returns the answers that came so far */
async function holdAll(server: TestServer): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const id of DEVICES) {
    const { digest } = await report(server, id);
    const headers = { prefer: "wait=50" };
    // Not the connection that the test's server ends itself when it is stopped.
    const agent = new Agent({ keepAlive: true });
    const options = { body: { digest }, headers, agent };
    void server.send(id, "POST", "/v1/checkin", options).then((answer) => {
      agent.destroy();
      answers.push(answer);
    });
  }
  const held = async (): Promise<number> => {
    const { body } = await server.send("admin", "GET", "/v1/devices?limit=1000");
    return body.toString().split('"connected":true').length - 1;
  };
  while ((await held()) < DEVICES.length);
  return answers;
}

async function untilAnswered(answers: readonly Answer[], count: number): Promise<void> {
  while (answers.length < count) await new Promise((resolve) => setImmediate(resolve));
}

for (const [drain, first] of [
  [10_000, AT_ONCE],
  [0, DEVICES.length],
] as const)
  test(`of ${DEVICES.length} that are held, a server that stops with --drain ${drain}ms lets ${first} go at once`, async (t) => {
    await using server = await TestServer.start(DEVICES, { drain });
    const answers = await holdAll(server);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const stopped = server.stop();
    await untilAnswered(answers, first);
    if (first < DEVICES.length) {
      // It answers meanwhile whoever asks.
      const { status } = await server.open("device-1", { path: "/v1/ping", agent: false });
      assert.equal(status, 204);
      assert.equal(answers.length, first, "the others are held on");
    }
    t.mock.timers.tick(100);
    await untilAnswered(answers, DEVICES.length);
    t.mock.timers.reset();
    await stopped;
    for (const answer of answers) {
      assert.equal(answer.status, 503);
      assert.equal(codeOf(answer), "SERVER_STOPPING");
    }
  });
