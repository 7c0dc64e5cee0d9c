import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { suite, test } from "node:test";
import type { Context } from "../../src/cli/command.ts";
import { confirmImpact } from "../../src/cli/confirm.ts";
import { sumImpacts } from "../../src/cli/meaning.ts";

const NONE = { devices: 0, connected: 0, unsatisfiable: 0, ids: [] };
const ONE = { devices: 1, connected: 1, unsatisfiable: 0, ids: ["a"] };
const TWO = { devices: 2, connected: 1, unsatisfiable: 0, ids: ["a", "b"] };

/** A person at a terminal, or not, who writes this and then nothing more. */
function context(written: string, isTerminal = true): { context: Context; notes: string[] } {
  const notes: string[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: isTerminal });
  stdin.end(written);
  const signal = new AbortController().signal;
  const connect = (): never => assert.fail("nothing is asked of the server");
  const note = (line: string): void => void notes.push(line);
  return { context: { connect, note, isTerminal, stdin, signal, file: undefined }, notes };
}

suite("what packets mean for devices", () => {
  test("is said, and asked on a terminal only", async () => {
    for (const [written, isTerminal, yes] of [
      ["y\n", true, false],
      ["YES\n", true, false],
      ["n\n", true, true],
      ["n\n", false, false],
    ] as const) {
      const { context: given, notes } = context(written, isTerminal);
      await confirmImpact(TWO, "this packet", yes, given);
      assert.deepEqual(notes, ["this packet changes 2 devices (1 connected): a, b"]);
    }
    const { context: given, notes } = context("n\n");
    await confirmImpact(NONE, "this packet", false, given);
    assert.deepEqual(notes, []);
  });

  test("any other answer is no, and so is none", async () => {
    for (const written of ["n\n", "\n", "yess\n", ""]) {
      const { context: given } = context(written);
      await assert.rejects(confirmImpact(ONE, "this packet", false, given), { code: "CANCELLED" });
    }
  });

  test("of several is the sum, which counts a device several times", async () => {
    assert.equal(sumImpacts([NONE, TWO, NONE]).isBound, false);
    assert.deepEqual(sumImpacts([]), { ...NONE, isBound: false });
    const { context: given, notes } = context("y\n");
    await confirmImpact(sumImpacts([ONE, NONE, TWO]), "adding these 3 packets", false, given);
    assert.deepEqual(notes, ["adding these 3 packets changes at most 3 devices (2 connected): a, b"]);
  });

  test("where something goes away and nobody can be asked, only a yes beforehand does it", async () => {
    const gone = ["the spec a", "the spec b", "the spec c", "the spec d"];
    const { context: given } = context("y\n", false);
    const refused = {
      code: "CONFIRMATION_NEEDED",
      message: /^the spec a, the spec b, the spec c, … would go away/,
    };
    await assert.rejects(confirmImpact({ ...ONE, gone }, "this", false, given), refused);
    await confirmImpact({ ...ONE, gone }, "this", true, given);
    const { context: person } = context("y\n");
    await confirmImpact({ ...ONE, gone }, "this", false, person);
  });

  test("what goes away without a device is asked about unless the command line names it", async () => {
    const gone = ["the spec a"];
    const { context: given, notes } = context("", false);
    await confirmImpact({ ...NONE, gone, isNamed: true }, "this", false, given);
    assert.deepEqual(notes, []);
    const unnamed = { ...NONE, gone, isNamed: false };
    await assert.rejects(confirmImpact(unnamed, "this", false, given), { code: "CONFIRMATION_NEEDED" });
    assert.deepEqual(notes, ["this changes no device", "and takes away the spec a"]);
    const { context: person } = context("n\n");
    await assert.rejects(confirmImpact(unnamed, "this", false, person), { code: "CANCELLED" });
  });
});
