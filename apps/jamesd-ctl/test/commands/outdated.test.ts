import assert from "node:assert/strict";
import { test } from "node:test";
import { Sandbox } from "@jamesd/testkit";
import { Person } from "../person.ts";

test("what differs is shown of a file that others have overtaken, and that it is outdated; apply refuses it", async () => {
  await using sandbox = await Sandbox.create([]);
  await sandbox.startServer();
  const person = new Person(sandbox);
  const set = (selector: string) => {
    sandbox.write("set.yaml", `id: all\nselector: [${selector}]\napps: []\n`);
    return person.ok("apply", "-f", "set.yaml");
  };
  await set("a");
  const mine = "mine.yaml";
  sandbox.write(mine, "id: all\nrevision: 1\nselector: [b]\napps: []\n");
  for (const command of ["plan", "diff"])
    assert.doesNotMatch((await person.ctl([command, "-f", mine])).said, /outdated/, command);
  await set("c");
  for (const [command, shown] of [
    ["plan", /id: all\n {2}action: changed/],
    ["diff", /selector.* c .* b/],
  ] as const) {
    const { code, said, out } = await person.ctl([command, "-f", mine]);
    assert.equal(code, 0, said);
    assert.match(out, shown);
    assert.match(said, /outdated: the file has the spec all at revision 1, and it is at revision 2; apply/);
    assert.equal((await person.ctl([command, "-f", mine, "--exit-code"])).code, 2);
  }
  assert.match((await person.ctl(["apply", "-f", mine])).said, /\[REVISION_CONFLICT\]/);
  await set("b");
  for (const command of ["plan", "diff"])
    assert.doesNotMatch((await person.ctl([command, "-f", mine])).said, /outdated/, "it is what is set");
  await person.ok("remove-spec", "--id", "all", "--yes");
  assert.match((await person.ctl(["diff", "-f", mine])).said, /revision 1, and it is not there any more/);
});
