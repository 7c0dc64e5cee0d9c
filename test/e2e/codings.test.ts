import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { sha256 } from "@jamesd/model";
import { type ProgramResult, runProgram, Sandbox, waitFor } from "@jamesd/testkit";

/** The last agent but one knows brotli alone, as today's does on Node 20. */
const BEFORE = join(import.meta.dirname, "../releases/jamesc-2026-11-28.cjs.br");
const text = (version: string): string => `a line of ${version}\n`.repeat(50_000);

test("a server has what its devices take: zstd, and brotli from when one asks that knows nothing else", async () => {
  await using sandbox = await Sandbox.create(["new", "old"]);
  await sandbox.startServer();
  const agent = sandbox.path("jamesc-before.cjs");
  writeFileSync(agent, brotliDecompressSync(readFileSync(BEFORE)));
  const runOld = (): Promise<ProgramResult> =>
    runProgram([process.execPath, agent, ...sandbox.agentFlags("old", []), "--once"]);
  const upload = async (version: string): Promise<void> => {
    const archive = await sandbox.pack(version, { "opt/large": text(version) }, "");
    await sandbox.ctlOk("add-packet", "--name", "app", "--data", archive, "--tags", version);
  };
  const forms = (version: string): readonly string[] => {
    const digest = sha256(text(version));
    const names = readdirSync(sandbox.path(`data/blobs/${digest.slice(0, 2)}`));
    return names.filter((name) => name.startsWith(digest)).map((name) => name.replace(digest, ""));
  };
  const update = async (device: string, version: string): Promise<void> => {
    sandbox.write("state.yaml", `id: ${device}\napps:\n- name: app\n  tags: [${version}]\n`);
    await sandbox.ctlOk("set-desired-state", "--file", "state.yaml");
    const once = device === "new" ? await sandbox.runAgentOnce(device) : await runOld();
    assert.equal(once.code, 0, once.stderr);
    assert.equal(readFileSync(join(sandbox.root(device), "opt/large"), "utf8"), text(version));
  };
  await upload("v1");
  for (const once of [sandbox.runAgentOnce("new"), runOld()]) assert.equal((await once).code, 0);
  await update("new", "v1");
  assert.deepEqual(forms("v1"), [".best.zst"]);
  await update("old", "v1");
  assert.deepEqual(forms("v1"), [".best.zst", ".br"]);
  await upload("v2");
  await waitFor("brotli before anybody asks for it", () => forms("v2").includes(".br") || undefined);
  assert.deepEqual(forms("v2"), [".best.zst", ".br"]);
  for (const device of ["new", "old"]) await update(device, "v2");
});
