import assert from "node:assert/strict";
import { test } from "node:test";
import { exposedToken } from "../../src/joining/read-token.ts";

test("a token is said to be seen where others see it, in the command line", () => {
  const seen = (argv: readonly string[]) => exposedToken("id.secret.sum", ["node", "jamesc", ...argv]);
  assert.match(seen(["--enroll", "id.secret.sum"]) ?? "", /--enroll - or --enroll-token-file/);
  assert.match(seen(["--enroll=id.secret.sum"]) ?? "", /all users/);
  assert.equal(seen([]), undefined);
  assert.equal(exposedToken("-", ["jamesc", "--enroll", "-"]), undefined);
  assert.equal(exposedToken(undefined, ["jamesc"]), undefined);
});
