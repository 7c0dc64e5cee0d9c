import assert from "node:assert/strict";
import { test } from "node:test";
import { change, warningLines } from "../../src/documents/make-change.ts";
import { withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";

test("of many warnings the first are printed, and how many more there are", () => {
  const warnings = (count: number) => Array.from({ length: count }, (_, i) => `w${i + 1}`);
  assert.deepEqual(warningLines([]), []);
  assert.equal(warningLines(warnings(20)).at(-1), "warning: w20");
  const lines = warningLines(warnings(300));
  assert.equal(lines.length, 21);
  assert.deepEqual(lines.slice(19), ["warning: w20", "warning: 280 more such warnings are left out"]);
});

test("waves that are given for what is as it is already have no effect, which is said", async () => {
  const impact = { devices: 0, connected: 0, unsatisfiable: 0, groups: [], more: 0, warnings: [] };
  for (const [action, plan, notes] of [
    [undefined, { waves: ["1"] }, 1],
    ["changed", { waves: ["1"] }, 0],
    [undefined, undefined, 0],
  ] as const) {
    const documents = action ? [{ kind: "spec", id: "vpn", action }] : [];
    const said: string[] = [];
    await withServer(
      () => ({ revision: 3, documents, unchanged: 1, impact }),
      async (client) => {
        const body = {
          documents: [],
          message: "",
          dryRun: false,
          ...(plan && { rollout: { plan: { waves: [...plan.waves] } } }),
        };
        await change(client, body, { what: "applying this", yes: true }, contextOf(client, said));
      },
    );
    assert.equal(said.filter((line) => /nothing spreads/.test(line)).length, notes);
  }
});
