import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT_CODES } from "@jamesd/config";
import { sha256 } from "@jamesd/model";
import { type ProgramResult, Sandbox, waitFor } from "@jamesd/testkit";

test("verify names damaged and missing blobs and who needs them; uploading again mends them", async () => {
  await using sandbox = await Sandbox.create([]);
  const data = sandbox.path("data");
  const verify = (folder: string): Promise<ProgramResult> =>
    sandbox.run("jamesd", ["verify", "--data", folder]);
  const none = await verify(sandbox.path("nowhere"));
  assert.deepEqual([none.code, none.stdout], [2, ""]);
  assert.match(none.stderr, /there is no .*nowhere\/jamesd\.db \[FILE_UNREADABLE\]/);

  await sandbox.startServer("--data", data);
  const tree = sandbox.path("tree");
  const contents = { small: "small\n", large: "large\n".repeat(100_000), script: "#!/bin/sh\ntrue\n" };
  mkdirSync(tree);
  for (const name of ["small", "large"] as const) writeFileSync(join(tree, name), contents[name]);
  writeFileSync(sandbox.path("script"), contents.script);
  execFileSync("tar", ["cf", sandbox.path("a.tar"), "-C", tree, "."]);
  const add = (name: string, ...rest: readonly string[]): Promise<string> =>
    sandbox.ctlOk("add-packet", "--name", name, "--tags", "v1", "--data", sandbox.path("a.tar"), ...rest);
  await add("vpn", "--postinst", sandbox.path("script"));
  await add("other");
  const sound = await verify(data);
  assert.deepEqual([sound.code, sound.stdout, sound.stderr], [0, "3 blobs are sound\n", ""]);

  const pathOf = (content: string): string =>
    join(data, "blobs", sha256(content).slice(0, 2), sha256(content));
  const large = `${pathOf(contents.large)}.best.zst`;
  const compressed = (): Promise<Buffer> =>
    waitFor("the large content as devices get it", () =>
      existsSync(`${pathOf(contents.large)}.zst`) ? undefined : readFileSync(large),
    );
  const stored = await compressed();
  writeFileSync(large, Buffer.from(stored).fill(0, 10));
  rmSync(pathOf(contents.script));
  const bad = await verify(data);
  assert.equal(bad.code, EXIT_CODES.internal);
  assert.deepEqual(bad.stdout.split("\n").sort(), [
    "",
    `damaged ${sha256(contents.large)}, needed by vpn [v1], other [v1]`,
    `missing ${sha256(contents.script)}, needed by vpn [v1]`,
  ]);
  assert.match(bad.stderr, /2 of 3 blobs are damaged or missing \[BLOB_DAMAGED\]/);

  await add("vpn", "--postinst", sandbox.path("script"));
  const mended = await verify(data);
  assert.deepEqual([mended.code, mended.stdout], [0, "3 blobs are sound\n"]);
  assert.deepEqual(await compressed(), stored);
});
