import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { printResult } from "@jamesd/config/print";
import { APPROVALS, type GivenRollout, ON_FAILURE, waveText } from "@jamesd/model";
import fc from "fast-check";
import type { Context } from "../../src/cli/command.ts";
import { type FileDocument, readDocuments } from "../../src/documents/document-file.ts";
import { documentMessage } from "../../src/documents/make-change.ts";
import { documentView } from "../../src/views/document-view.ts";

async function read(text: string): Promise<FileDocument> {
  const context: Context = {
    connect: () => assert.fail("no server is needed"),
    note: (line) => assert.fail(line),
    isTerminal: false,
    stdin: Readable.from([Buffer.from(text)]),
    signal: new AbortController().signal,
    file: undefined,
  };
  const [document] = await readDocuments("-", context);
  return document ?? assert.fail("no document");
}

const share = fc.integer({ min: 0, max: 1_000_000 }).map((millionths) => millionths / 1_000_000);
const time = fc.integer({ min: 0, max: 365 * 24 * 3_600_000 });
const times = fc.integer({ min: 1, max: 1_000_000 });
const wave = fc.oneof(
  fc.integer({ min: 1, max: 999_999 }).map((devices) => waveText({ devices })),
  fc.constantFrom("tag:canary", "tag:a:b", "tag:5"),
);
const plan: fc.Arbitrary<GivenRollout> = fc.record(
  {
    waves: fc.uniqueArray(wave, { minLength: 1, maxLength: 5 }),
    ...{ success: share, failures: share, bakeMs: time, silenceMs: time, patienceMs: time },
    ...{ attempts: times, inFlight: times },
    approve: fc.constantFrom(...APPROVALS),
    onFailure: fc.constantFrom(...ON_FAILURE),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test("how a change of a spec spreads is read again as it is printed", async () => {
  await fc.assert(
    fc.asyncProperty(plan, fc.constantFrom("yaml" as const, "json" as const), async (rollout, format) => {
      const shown = { id: "s", revision: 3, selector: [], apps: [], policy: {}, rollout };
      const document = await read(await printResult({ data: documentView(shown) }, format));
      assert.deepEqual(document.content.rollout, rollout);
      const message = documentMessage(document);
      assert.deepEqual("rollout" in message && message.rollout, rollout);
    }),
  );
});

const SPEC = "id: s\nselector: []\napps: []\n";

test("numbers of devices need no quotes", async () => {
  const { content } = await read(`${SPEC}rollout: {waves: [tag:canary, 5, 10%], bake: 1h, success: 97.5%}\n`);
  assert.deepEqual(content.rollout, {
    ...{ waves: ["tag:canary", "5", "10%"], bakeMs: 3_600_000, success: 0.975 },
  });
});

test("what is wrong in how a change spreads is refused with its place", async () => {
  for (const [rollout, code, message] of [
    ["{waves: [10%, 5%]}", "ROLLOUT_INVALID", /standard input line 4: rollout: wave 5% adds nobody/],
    ["{failures: 5}", "STATE_INVALID", /line 4: rollout: failures: /],
    ["{failures: 120%}", "STATE_INVALID", /"120%" is not a share/],
    ["{bake: soon}", "STATE_INVALID", /"soon" is not a length of time/],
    ["{wave: [1]}", "STATE_INVALID", /rollout: .*wave/],
    ["1h", "STATE_INVALID", /rollout: /],
  ] as const)
    await assert.rejects(read(`${SPEC}rollout: ${rollout}\n`), { code, message }, rollout);
  const own = read("id: d\napps: []\nrollout: {}\n");
  await assert.rejects(own, { code: "STATE_INVALID", message: /rollout.*there is no selector/ });
});

test("what get-spec tells of a live rollout is no plan, and none is lost by it", async () => {
  const spreads = { revision: 42, stable: 40 };
  const shown = { id: "s", revision: 42, selector: [], apps: [], policy: {}, spreads };
  const printed = (rollout?: GivenRollout) =>
    printResult({ data: documentView({ ...shown, rollout }) }, "yaml");
  assert.equal((await read(await printed())).content.rollout, undefined);
  assert.deepEqual((await read(await printed({ bakeMs: 1000 }))).content.rollout, { bakeMs: 1000 });
  assert.deepEqual((await read(`${SPEC}rollout: {}\n`)).content.rollout, {});
});
