import assert from "node:assert/strict";
import { test } from "node:test";
import { besideConffile } from "@jamesd/model";

test("what is put beside a configuration file has its name and an ending", () => {
  assert.equal(besideConffile("etc/app.conf"), "etc/app.conf.jamesd-new");
  assert.equal(besideConffile(`etc/${"c".repeat(244)}`), `etc/${"c".repeat(244)}.jamesd-new`);
});

test("beside every name that a file can have there is one, for each another", () => {
  const names = [245, 250, 255]
    .map((length) => "c".repeat(length))
    .concat(["é".repeat(127), "🙂".repeat(63)]);
  const beside = names.map((name) => besideConffile(`etc/dir/${name}`));
  for (const path of beside) {
    assert.match(path, /^etc\/dir\/[^/]+\.jamesd-new$/);
    assert.ok(Buffer.byteLength(path.slice("etc/dir/".length)) <= 255, path);
    assert.ok(path.isWellFormed());
  }
  assert.equal(new Set(beside).size, names.length);
});
