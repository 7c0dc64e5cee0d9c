import assert from "node:assert/strict";
import { test } from "node:test";
import { requireTool, Sandbox } from "@jamesd/testkit";
import { Person } from "./person.ts";

test("what is done to many: all that failed are tried again, old packets that nothing needs are removed", {
  skip: requireTool("tar", "xz"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1", "device-2"]);
  await sandbox.startServer();
  const person = new Person(sandbox);
  const sync = async () =>
    (await person.json<{ sync: string }[]>("list-systems")).map((device) => device.sync);
  const packets = async () =>
    (await person.json<{ tags: string[] }[]>("list-packets")).map(({ tags }) => tags.join()).sort();
  await sandbox.pack("app", { "opt/app": "1\n" });
  sandbox.write("fail.sh", "#!/bin/sh\nexit 1\n");
  for (const version of ["v1", "v2", "v3", "v4"]) {
    const scripts = version === "v1" ? ["--preinst", sandbox.path("fail.sh")] : [];
    await person.ok("add-packet", "--name", "app", "--data", "app.tar", "--tags", version, ...scripts);
  }
  const wish = (tag: string) => `id: all\nselector: []\napps:\n- {name: app, tags: [${tag}]}\n`;
  // The last one is for a device that has not come yet.
  sandbox.write("all.yaml", `${wish("v1")}---\nid: later\napps:\n- {name: app, tags: [v3]}\n`);
  await person.ok("apply", "-f", "all.yaml");
  for (const [device, tags] of [
    ["device-1", ["lab"]],
    ["device-2", []],
  ] as const)
    assert.equal((await sandbox.runAgentOnce(device, tags)).code, 4);
  assert.deepEqual(await sync(), ["failed", "failed"]);

  // Retrying.
  const declined = await person.ctl(["retry", "--sync", "failed"], "n\n");
  assert.match(declined.said, /^trying again changes 2 devices .*device-1, device-2\n.*\[CANCELLED\]/);
  assert.deepEqual(await sync(), ["failed", "failed"]);
  const one = await person.json("retry", "--sync", "failed", "--tags", "lab");
  assert.deepEqual(one, { retried: 1, ids: ["device-1"], passedOver: 0 });
  assert.deepEqual(await sync(), ["pending", "failed"]);
  await person.ok("retry", "device-2");
  assert.deepEqual(await sync(), ["pending", "pending"]);
  assert.deepEqual(await person.json("retry", "--sync", "failed"), { retried: 0, ids: [], passedOver: 0 });
  for (const words of [
    [],
    ["--id", "device-1", "--sync", "failed"],
    ["--sync", "failed", "--wait"],
    ["--sync", "x"],
  ])
    assert.match((await person.ctl(["retry", ...words])).said, /\[USAGE\]\n {2}hint: /, words.join(" "));

  // v1 is wanted by devices, v3 by a document.
  const old = ["remove-packet", "--older-than"];
  assert.equal((await person.json<{ removed: number }>(...old, "1h", "--yes")).removed, 0);
  const foreseen = await person.json<{ removed: number; dryRun: boolean }>(...old, "0s", "--dry-run");
  assert.deepEqual([foreseen.removed, foreseen.dryRun], [2, true]);
  const refused = await person.ctl([...old, "0s"]);
  assert.match(refused.said, /removing 2 packets changes no device\nand takes away app \[v4\], app \[v2\]\n/);
  assert.match(refused.said, /\[CONFIRMATION_NEEDED\]/);
  assert.match((await person.ctl([...old, "0s"], "n\n")).said, /\[CANCELLED\]/);
  assert.deepEqual(await packets(), ["v1", "v2", "v3", "v4"]);
  await person.ok(...old, "0s", "--name", "app", "--tags", "v4", "--yes");
  assert.deepEqual(await packets(), ["v1", "v2", "v3"]);
  await person.ctl([...old, "0s"], "y\n");
  assert.deepEqual(await packets(), ["v1", "v3"]);
  for (const words of [
    ["--older-than", "1d", "--force"],
    ["--older-than", "1d", "--digest", "abcdef"],
    ["--name", "app", "--dry-run"],
    ["--older-than", "long ago"],
  ])
    assert.match(
      (await person.ctl(["remove-packet", ...words])).said,
      /\[USAGE\]\n {2}hint: /,
      words.join(" "),
    );
});
