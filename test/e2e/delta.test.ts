import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import { Sandbox } from "@jamesd/testkit";

/** Lines that differ. */
const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, n) => `${sha256(`${from + n}`)}\n`).join("");

test("an update travels as a delta, made once for all devices and kept until its packets go", async () => {
  await using sandbox = await Sandbox.create(["a", "b"]);
  await sandbox.startServer();
  const versions = { v1: lines(0, 20_000), v2: lines(0, 10_000) + lines(90_000, 3) + lines(10_000, 10_000) };
  const add = async (tag: keyof typeof versions): Promise<void> => {
    const archive = await sandbox.pack(tag, { "opt/tool": versions[tag] });
    await sandbox.ctlOk("add-packet", "--name", "tool", "--tags", tag, "--data", archive);
  };
  const update = async (tag: keyof typeof versions): Promise<readonly string[]> => {
    const logs: string[] = [];
    for (const device of ["a", "b"]) {
      const state = sandbox.write("state.yaml", `id: ${device}\napps:\n- name: tool\n  tags: [${tag}]\n`);
      await sandbox.runAgentOnce(device);
      await sandbox.ctlOk("set-desired-state", "--file", state);
      const { code, stderr } = await sandbox.runAgentOnce(device);
      assert.equal(code, 0, stderr);
      assert.equal(readFileSync(join(sandbox.root(device), "opt/tool"), "utf8"), versions[tag]);
      logs.push(stderr);
    }
    return logs;
  };
  const blobs = (): number => {
    const names = readdirSync(sandbox.path("data/blobs"), { recursive: true, encoding: "utf8" });
    return new Set(names.flatMap((name) => /[0-9a-f]{64}/.exec(name)?.[0] ?? [])).size;
  };
  const gc = async (): Promise<string> =>
    (await sandbox.run("jamesd", ["gc", "--data", sandbox.path("data")])).stdout;

  await add("v1");
  await update("v1");
  await add("v2");
  for (const log of await update("v2")) {
    const [, bytes] = /"app":"tool","bytes":(\d+),"msg":"delta"/.exec(log) ?? [];
    assert.ok(Number(bytes) < 600, `${bytes} bytes for ${versions.v2.length}`);
  }
  assert.equal(blobs(), 3, "two contents and one delta");
  assert.match(await gc(), /^deleted 0 blobs/);
  await sandbox.ctlOk("remove-packet", "--name", "tool", "--tags", "v1");
  assert.match(await gc(), /^deleted 2 blobs/);
});
