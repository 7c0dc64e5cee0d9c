import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "../../src/cli/command.ts";
import { go } from "../../src/commands/go.ts";
import { reinstall } from "../../src/commands/reinstall.ts";
import { retry } from "../../src/commands/retry.ts";
import { verify } from "../../src/commands/verify.ts";
import { followChange } from "../../src/follow/follow-change.ts";
import { followRollout } from "../../src/follow/follow-rollout.ts";
import { withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";
import { device } from "../device.ts";
import { ROLLOUT } from "../rollout.ts";

/** What is common to the flags of commands that follow a device. */
const DEVICE = {
  ...{ id: "device-1", wait: true, timeout: 60_000, yes: true },
  ...{ sync: undefined, tags: undefined, rollout: undefined },
};

/** A server on which nothing ends, and somebody who presses Ctrl-C at the first word that is said. */
async function interrupted(work: (context: ReturnType<typeof contextOf>) => Promise<object>) {
  const controller = new AbortController();
  const notes: string[] = [];
  const answer = ({ path }: { readonly path: string }): object => {
    if (path === "/v1/events") return [];
    if (path.startsWith("/v1/rollouts/")) return ROLLOUT;
    if (path.endsWith("/reinstall")) return { reinstall: "r", app: "vpn", steps: [], packets: {} };
    if (path.endsWith("/go")) return { revision: 5, go: "g" };
    if (path.endsWith("/retry")) return { revision: 5, transaction: "t" };
    return device("pending");
  };
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
    followChange(
      context.connect(),
      "device-1",
      { revision: 5, isMade: true },
      60_000,
      { revision: 5 },
      context,
    ),
  );
  assert.deepEqual(result, { data: { revision: 5 } });
  assert.match(said, /^revision 5 stands, and device-1 goes on by itself: .*describe --id device-1/);
  assert.match(said, /history --id device-1 .* revert --id device-1 --to N/);
});

test("who ends following what was only asked for hears of no revision, and of nothing to take back", async () => {
  const now = { now: false, breakLock: false };
  const commands: readonly ((context: Context) => Promise<object>)[] = [
    (context) => go.handler({ ...DEVICE, breakLock: false }, context),
    (context) => retry.handler({ ...DEVICE, ...now }, context),
    (context) => reinstall.handler({ ...DEVICE, app: "vpn" }, context),
  ];
  for (const command of commands) {
    const { said } = await interrupted(command);
    assert.equal(said, "device-1 goes on by itself: jamesd-ctl describe --id device-1 says how far it is");
  }
});

test("who ends waiting for what a device finds hears that it looks all the same, and where that is said", async () => {
  const controller = new AbortController();
  const notes: string[] = [];
  await withServer(
    ({ path }) => {
      if (path !== "/v1/events") return { verify: "v" };
      controller.abort();
      return [];
    },
    async (client) => {
      const context = { ...contextOf(client, notes), signal: controller.signal };
      const result = await verify.handler({ ...DEVICE, exitCode: false }, context);
      assert.deepEqual(result, { data: { id: "device-1", verify: "v" } });
    },
  );
  assert.match(notes.join("\n"), /^device-1 looks when it can, by itself: .*describe --id device-1/);
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
