import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { waitFor } from "@jamesd/testkit";
import { openBrowser } from "../src/dashboard/open-browser.ts";

test("the word that lets in is in no argument of a program, and in a page that nobody else can read", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-open-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [opener, told] = [join(folder, "opener"), join(folder, "told")];
  writeFileSync(opener, `#!/bin/sh\nprintf '%s\\n' "$@" > ${told}.new; mv ${told}.new ${told}\n`, {
    mode: 0o755,
  });
  const address = "http://127.0.0.1:4000/#token=secret-word";
  const close = openBrowser(address, opener);
  await waitFor("the opener", () => existsSync(told) || undefined);
  const [page = "", ...more] = readFileSync(told, "utf8").trim().split("\n");
  assert.deepEqual([more, page.includes("secret-word")], [[], false]);
  assert.match(readFileSync(page, "utf8"), /url=http:\/\/127\.0\.0\.1:4000\/#token=secret-word"/);
  assert.deepEqual([statSync(page).mode & 0o777, statSync(dirname(page)).mode & 0o777], [0o600, 0o700]);
  close();
  assert.equal(existsSync(dirname(page)), false);
});

test("where nothing opens an address, nothing fails", async () => {
  const close = openBrowser("http://127.0.0.1:4000/#token=x", "/nowhere/opener");
  await new Promise((resolve) => setImmediate(resolve));
  close();
});
