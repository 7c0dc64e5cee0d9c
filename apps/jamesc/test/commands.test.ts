import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { COMMANDS } from "../src/commands/index.ts";
import { run } from "../src/run.ts";
import { NEW_DEVICE, writeState } from "../src/transaction/journal/device-state.ts";

const scratch = mkdtempSync(join(tmpdir(), "jamesc-commands-"));
after(() => rmSync(scratch, { recursive: true }));

async function jamesc(...argv: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const output = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const status = await run(argv, output, {});
  return { status, stdout: out.join(""), stderr: err.join("") };
}

describe("the commands of jamesc", () => {
  it("are called what they are listed as, and tell what they do", async () => {
    const { stdout } = await jamesc("--help");
    for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
      assert.equal((await load()).name, name);
      assert.match(stdout, new RegExp(`^ {2}${name} `, "m"));
      const help = await jamesc(name, "--help");
      assert.match(help.stdout, new RegExp(`^Usage: jamesc ${name} `));
      assert.ok(help.stdout.replaceAll(/\s+/g, " ").includes(summary));
      assert.deepEqual(await jamesc("help", name), help);
    }
  });

  it("are named when somebody means one", async () => {
    for (const [argv, message] of [
      [
        ["statuss"],
        /unknown command 'statuss' \(Did you mean status\?\) \[USAGE\]\n {2}hint: See jamesc --help/,
      ],
      [["constructor"], /unknown command 'constructor' \[USAGE\]/],
      [["status", "more"], /"more" belongs to no option \[USAGE\]\n {2}hint: See jamesc status --help/],
      [["status", "--", "more"], /jamesc status takes nothing behind -- \[USAGE\]/],
      [["--", "status"], /jamesc takes nothing behind -- \[USAGE\]/],
      [
        ["lock", "--state-dir", join(scratch, "lock"), "--", "/nope"],
        /cannot run \/nope: .*ENOENT \[FILE_UNREADABLE\]\n {2}hint: /,
      ],
      [["status", "--output", "xml"], /"xml" is not one of yaml, json, table \[USAGE\]/],
    ] as const) {
      const { status, stderr } = await jamesc(...argv);
      assert.match(stderr, message);
      assert.equal(status, 2);
    }
  });
});

describe("jamesc status", () => {
  it("tells what state.json says, and whether an agent runs", async () => {
    writeState(join(scratch, "state.json"), {
      ...NEW_DEVICE,
      revision: 7,
      apps: [{ name: "vpn", tags: ["v1"], digest: "a".repeat(64) }],
    });
    const ca = join(scratch, "none.crt");
    const { status, stdout } = await jamesc(
      ...["--state-dir", scratch, "--ca", ca, "status", "--output", "json"],
    );
    assert.equal(status, 0);
    const { version, identity, ...said } = JSON.parse(stdout);
    assert.match(identity.problem, new RegExp(`^cannot read ${ca}: ENOENT`));
    assert.equal(typeof version, "string");
    assert.deepEqual(said, {
      agent: "not running",
      revision: 7,
      apps: [{ name: "vpn", tags: ["v1"] }],
      reported: true,
    });
  });

  it("says where there is none", async () => {
    const { status, stderr } = await jamesc("status", "--state-dir", join(scratch, "none"));
    assert.equal(status, 2);
    assert.match(stderr, /cannot read .*none \(ENOENT\) \[FILE_UNREADABLE\]\n {2}hint: No jamesc has run/);
  });
});
