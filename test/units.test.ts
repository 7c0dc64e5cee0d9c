import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { requireTool, runProgram, Sandbox } from "@jamesd/testkit";

for (const unit of ["jamesd.service", "jamesc.service"])
  test(`${unit} is a unit that systemd understands`, { skip: requireTool("systemd-analyze") }, async () => {
    await using sandbox = await Sandbox.create();
    const text = readFileSync(fileURLToPath(new URL(`../${unit}`, import.meta.url)), "utf8");
    // The program is looked for; here any that is there will do.
    mkdirSync(sandbox.path("units"));
    writeFileSync(
      sandbox.path("units", unit),
      text.replace(/^ExecStart=(jamesd|jamesc)$/m, "ExecStart=/bin/true"),
    );
    const { code, stderr } = await runProgram(["systemd-analyze", "verify", sandbox.path("units", unit)]);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, new RegExp(unit), "no warning about it");
  });
