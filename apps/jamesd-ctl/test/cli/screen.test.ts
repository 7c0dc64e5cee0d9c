import assert from "node:assert/strict";
import { test } from "node:test";
import { showEach } from "../../src/cli/screen.ts";

async function* each(texts: readonly string[], failure?: Error): AsyncGenerator<string> {
  yield* texts;
  if (failure) throw failure;
}

/** What a terminal of so many lines shows at the end, of what was written on its second and its first screen. */
async function shown(texts: readonly string[], rows: number, failure?: Error) {
  const written: string[] = [];
  const showing = showEach(each(texts, failure), { rows }, (text) => void written.push(text));
  await (failure ? assert.rejects(showing, failure) : showing);
  const [second = "", ...rest] = written.join("").split("\x1b[?7h\x1b[?1049l");
  // From the last return to the upper left corner on, with what ends a line and what clears the rest.
  const last = second.split("\x1b[H").at(-1) ?? "";
  return { last: last.replaceAll("\x1b[K", "").replace("\x1b[J", ""), left: rest.join("") };
}

test("each text takes the place of the one before, and the last one is left", async () => {
  const { last, left } = await shown(["one\ntwo\n", "three\n"], 24);
  assert.deepEqual([last, left], ["three\n", "three\n"]);
});

test("what does not fit is counted, and left whole at the end", async () => {
  const lines = Array.from({ length: 6 }, (_, i) => `line ${i}\n`).join("");
  const { last, left } = await shown([lines], 5);
  assert.equal(last, "line 0\nline 1\nline 2\n… and 3 more lines\n");
  assert.equal(left, lines);
  assert.equal((await shown([lines], 7)).last, lines);
  assert.match((await shown([lines], 6)).last, /and 2 more lines\n$/, "the cursor has a line of its own");
});

test("the first screen comes back whatever happens", async () => {
  const { left } = await shown(["one\n"], 24, new Error("no"));
  assert.equal(left, "one\n");
});
