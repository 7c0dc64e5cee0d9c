import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { requireTool } from "@jamesd/testkit";
import { debianCopyright } from "../scripts/debian/copyright.ts";
import { writePackage } from "../scripts/debian/package.ts";

const SAMPLE = {
  name: "sample",
  version: "1.0",
  architecture: "all",
  maintainer: "A <a@b.example>",
  depends: "libc6",
  description: "sample",
  details: "A sample.",
  files: { "usr/bin/sample": "#!/bin/sh\n", "etc/sample.yaml": "\n" },
  programs: ["usr/bin/sample"],
  folders: ["etc/sample"],
  conffiles: ["etc/sample.yaml"],
  scripts: { postinst: "#!/bin/sh\n" },
  overrides: "\n",
  copyright: "\n",
  time: 1_700_000_000,
};

test("the same Debian package has the same bytes, whenever it is made", {
  skip: requireTool("dpkg-deb"),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-debian-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const made = ["one", "two"].map((out) => {
    mkdirSync(join(folder, out));
    return readFileSync(writePackage(SAMPLE, folder, join(folder, out)));
  });
  assert.ok(made[0]?.equals(made[1] ?? Buffer.alloc(0)));
  const later = readFileSync(writePackage({ ...SAMPLE, time: SAMPLE.time + 1 }, folder, folder));
  assert.ok(!made[0]?.equals(later), "and its time is what it says");
});

test("licences that every Debian system has are named in a package, and not repeated", () => {
  const apache = readFileSync("node_modules/prom-client/LICENSE", "utf8");
  const said = debianCopyright("MIT\n", [`a\n${apache}`, `b\n${apache}`]);
  assert.equal(said.split("/usr/share/common-licenses/Apache-2.0").length, 3);
  assert.doesNotMatch(said, /Grant of Copyright License/);
  assert.equal(said.split("Copyright 2015 Simon Nyberg").length, 3);
});
