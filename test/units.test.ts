import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { requireTool, runProgram, Sandbox } from "@jamesd/testkit";
import { UNITS } from "../docs/generate.ts";

/** What systemd makes of how far a service is shut in, from 0 (whole) to 100: that of the agent lets scripts do anything. */
const MOST_EXPOSED = { "jamesd.service": 20, "jamesc.service": 100 };

for (const [unit, exposed] of Object.entries(MOST_EXPOSED))
  test(`${unit} is a unit that systemd understands`, { skip: requireTool("systemd-analyze") }, async () => {
    await using sandbox = await Sandbox.create();
    const text = readFileSync(fileURLToPath(new URL(`../${unit}`, import.meta.url)), "utf8");
    assert.equal(text, UNITS[unit], "it is as install-service writes it (else: node docs/generate.ts)");
    // The program is looked for; here any that is there will do.
    mkdirSync(sandbox.path("units"));
    const path = sandbox.path("units", unit);
    writeFileSync(path, text.replace(/^ExecStart=(jamesd|jamesc)$/m, "ExecStart=/bin/true"));
    const { code, stderr } = await runProgram(["systemd-analyze", "verify", path]);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, new RegExp(unit), "no warning about it");
    const rating = ["systemd-analyze", "security", "--offline=true", `--threshold=${exposed}`, path];
    assert.equal((await runProgram(rating)).code, 0, "it is shut in");
  });
