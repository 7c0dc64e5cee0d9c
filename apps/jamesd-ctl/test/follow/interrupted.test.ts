import assert from "node:assert/strict";
import { test } from "node:test";
import { followChange } from "../../src/follow/follow-change.ts";
import { followRollout } from "../../src/follow/follow-rollout.ts";
import { withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";
import { device } from "../device.ts";
import { ROLLOUT } from "../rollout.ts";

/** A server on which nothing ends, and somebody who presses Ctrl-C at the first word that is said. */
async function interrupted(work: (context: ReturnType<typeof contextOf>) => Promise<object>) {
  const controller = new AbortController();
  const notes: string[] = [];
  const answer = ({ path }: { readonly path: string }): object =>
    path === "/v1/events" ? [] : path.startsWith("/v1/rollouts/") ? ROLLOUT : device("pending");
  let result: object | undefined;
  await withServer(answer, async (client) => {
    const note = (line: string): void => {
      notes.push(line);
      controller.abort();
    };
    result = await work({ ...contextOf(client), note, signal: controller.signal });
  });
  return { result, said: notes.slice(1).join("\n") };
}

test("who ends following a device hears that the revision stands, and what shows it and takes it back", async () => {
  const { result, said } = await interrupted((context) =>
    followChange(context.connect(), "device-1", { revision: 5 }, 60_000, { revision: 5 }, context),
  );
  assert.deepEqual(result, { data: { revision: 5 } });
  assert.match(said, /^revision 5 stands, and device-1 goes on by itself: .*describe --id device-1/);
  assert.match(said, /history --id device-1 .* revert --id device-1 --to N/);
});

test("who ends following a rollout hears that it goes on, and what follows and stops it", async () => {
  const { result, said } = await interrupted((context) =>
    followRollout(
      context.connect(),
      { revision: 42, waves: [{ wave: "1", devices: 1 }] },
      { timeoutMs: 60_000, data: { revision: 42 } },
      context,
    ),
  );
  assert.deepEqual(result, { data: { revision: 42 } });
  assert.match(said, /^revision 42 stands, .*watch-rollout --revision 42/);
  assert.match(said, /pause-rollout or revert-rollout, with --revision 42/);
});
