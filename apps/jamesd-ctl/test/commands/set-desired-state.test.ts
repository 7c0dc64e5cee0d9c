import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { apply } from "../../src/commands/apply.ts";
import { setDesiredState } from "../../src/commands/set-desired-state.ts";
import { withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";

type ApplyFlags = Parameters<typeof apply.handler>[0];
type Flags = Parameters<typeof setDesiredState.handler>[0];

/** Why setting a state fails when the server refuses with a code, also when it only looks ahead. */
async function refusal(code: string): Promise<JamesError> {
  let refused: unknown;
  await withServer(
    () => ({ status: 409, code }),
    async (client) => {
      const context = { ...contextOf(client), stdin: Readable.from(["id: d-1\napps: []\n"]) };
      const flags = { file: "-", yes: true, now: false, breakLock: false } as Flags;
      refused = await setDesiredState.handler(flags, context).catch((thrown: unknown) => thrown);
    },
  );
  assert.ok(refused instanceof JamesError);
  return refused;
}

test("what only flags of apply get past names apply: --now is about a maintenance window here", async () => {
  for (const code of ["ROLLOUT_ACTIVE", "ROLLOUT_REVERTED", "TOO_MANY_AT_ONCE"]) {
    const { code: told, message, hint = "" } = await refusal(code);
    assert.deepEqual([told, message], [code, "no"]);
    assert.match(hint, /^jamesd-ctl apply --file - sets the same/, code);
    for (const flag of hint.match(/(?<=--)\w+/g) ?? []) assert.ok(flag in apply.options, flag);
  }
  assert.equal((await refusal("SPEC_CONFLICT")).hint, undefined);
});

test("--force sets what a file says whatever others changed since the revision in it", async () => {
  const said = async (work: (context: ReturnType<typeof contextOf>) => Promise<unknown>) => {
    let body = "";
    await withServer(
      () => ({ status: 409, code: "REVISION_CONFLICT" }),
      async (client, asked) => {
        const stdin = Readable.from(["id: d-1\nrevision: 3\napps: []\n"]);
        await assert.rejects(work({ ...contextOf(client), stdin }), { code: "REVISION_CONFLICT" });
        body = (await asked[0]?.body) ?? "";
      },
    );
    return body;
  };
  for (const force of [true, false]) {
    const flags = { file: "-", yes: true, force };
    const set = { ...flags, now: false, breakLock: false } as Flags;
    const applied = { ...flags, prune: false, pruneScope: [], dryRun: false } as unknown as ApplyFlags;
    for (const body of [
      await said((context) => setDesiredState.handler(set, context)),
      await said((context) => apply.handler(applied, context)),
    ])
      assert.equal(body.includes('"revision":3'), !force, body);
  }
});
