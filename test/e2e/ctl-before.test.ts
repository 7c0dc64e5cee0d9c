import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { Program, type ProgramResult, runProgram, Sandbox } from "@jamesd/testkit";

const RELEASES = join(import.meta.dirname, "../releases");
const BEFORE = readdirSync(RELEASES).flatMap((file) => /^jamesd-(\d[\d.-]+)\.mjs\.br$/.exec(file)?.[1] ?? []);
const SPEC = "id: all\nselector: []\napps:\n- {name: app}\n";

/** The bundle of a program of before. */
function bundle(sandbox: Sandbox, program: string, version: string): string {
  const packed = readFileSync(join(RELEASES, `${program}-${version}.mjs.br`));
  return sandbox.write(`${program}.mjs`, brotliDecompressSync(packed).toString());
}

async function withApp(sandbox: Sandbox): Promise<void> {
  const data = await sandbox.pack("app", { "opt/app": "1" });
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", data);
  writeFileSync(sandbox.path("all.yaml"), SPEC);
}

test("there are releases to test with", () => assert.ok(BEFORE.length > 0));

for (const version of BEFORE)
  test(`a server of ${version} and the command line of today: what it does not know it says, and does nothing`, async () => {
    await using sandbox = await Sandbox.create(["device-1"]);
    const flags = ["--addr", `127.0.0.1:${sandbox.port}`, "--data", sandbox.path("data")];
    const command = [process.execPath, bundle(sandbox, "jamesd", version), ...flags];
    const server = new Program([...command, ...sandbox.credentials("jamesd")], { cwd: sandbox.dir });
    try {
      await server.says("ready");
      await withApp(sandbox);
      const older = /hint: The server is older than this jamesd-ctl/;
      for (const words of [
        ["list-rollouts"],
        ["get-rollout", "1"],
        ["apply", "-f", "all.yaml", "--waves", "1"],
        ["get-spec", "--id", "all", "--stable"],
        ["list-systems", "--rollout", "1"],
      ]) {
        const { code, stderr } = await sandbox.ctl(...words);
        assert.notEqual(code, 0, words.join(" "));
        assert.match(stderr, older, words.join(" "));
      }
      assert.equal(JSON.parse(await sandbox.ctlOk("history", "--output", "json")).length, 0);
      await sandbox.ctlOk("apply", "-f", "all.yaml");
      assert.equal((await sandbox.runAgentOnce("device-1")).code, 0);
      for (const words of [
        ["history"],
        ["get-spec", "all"],
        ["get-device", "device-1"],
        ["plan", "--id", "device-1"],
      ])
        await sandbox.ctlOk(...words);
    } finally {
      await server.stop();
    }
  });

for (const version of BEFORE)
  test(`a command line of ${version} and the server of today: it shows what it knows, and is told of rollouts`, async () => {
    await using sandbox = await Sandbox.create(["device-1"]);
    await sandbox.startServer();
    await withApp(sandbox);
    assert.equal((await sandbox.runAgentOnce("device-1")).code, 0);
    await sandbox.ctlOk("apply", "-f", "all.yaml", "--waves", "1", "--message", "in waves");
    const command = [process.execPath, bundle(sandbox, "jamesd-ctl", version)];
    const before = (...words: readonly string[]): Promise<ProgramResult> =>
      runProgram([...command, ...words], { cwd: sandbox.dir, env: sandbox.ctlEnv("admin") });
    for (const words of [
      ["history"],
      ["get-spec", "--id", "all"],
      ["get-device", "--id", "device-1"],
      ["plan", "--id", "device-1"],
      ["explain", "--id", "device-1", "--name", "app"],
      // That version reads only the kinds of events that it knows.
      ["events", "--kinds", "revision"],
      ["diff", "--id", "device-1"],
    ]) {
      const { code, stderr } = await before(...words);
      assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
    }
    writeFileSync(sandbox.path("all.yaml"), "id: all\nselector: []\napps: []\n");
    const { code, stderr } = await before("apply", "-f", "all.yaml");
    assert.equal(code, 1);
    assert.match(stderr, /rollout 1, which is running, spreads the spec all/);
  });
