import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOf } from "../src/logic/csv.ts";

test("cells stay cells, whatever is in them, and none becomes a formula", () => {
  const rows = [
    ["id", "tags"],
    ["gw-1", "a,b"],
    ['say "hi"', "two\nlines"],
    ["=1+1", "-x"],
    ["+1", "@me"],
  ];
  assert.equal(
    csvOf(rows),
    `id,tags\r\ngw-1,"a,b"\r\n"say ""hi""","two\nlines"\r\n'=1+1,'-x\r\n'+1,'@me\r\n`,
  );
});
