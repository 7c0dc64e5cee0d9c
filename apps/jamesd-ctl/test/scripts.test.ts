import assert from "node:assert/strict";
import { test } from "node:test";
import { Sandbox } from "@jamesd/testkit";
import { Person } from "./person.ts";

test("what differs is told to scripts by the exit code, and no error looks like it", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const person = new Person(sandbox);
  const spec = (id: string) => `id: ${id}\nselector: []\napps: []\n`;
  sandbox.write("all.yaml", spec("all"));
  sandbox.write("more.yaml", `${spec("all")}---\n${spec("more")}`);
  sandbox.write("bad.yaml", "id: [\n");
  await person.ok("apply", "-f", "all.yaml");
  for (const [words, code] of [
    [["diff", "-f", "all.yaml"], 0],
    [["diff", "-f", "more.yaml"], 2],
    [["diff", "--from", "0", "--to", "1"], 2],
    [["diff", "--from", "1", "--to", "1"], 0],
    [["plan", "-f", "all.yaml"], 0],
    [["plan", "-f", "more.yaml"], 2],
    // Errors, the first three of a class that ends with 2.
    [["diff", "-f", "bad.yaml"], 1],
    [["plan", "-f", "missing.yaml"], 1],
    [["plan", "--fiel", "all.yaml"], 1],
    [["diff", "--from", "7"], 1],
    [["plan", "--id", "nobody"], 1],
    [["plan", "-f", "all.yaml", "--server", "127.0.0.1:1"], 5],
  ] as const) {
    const asked = await person.ctl([...words, "--exit-code"]);
    assert.equal(asked.code, code, `${words.join(" ")}: ${asked.said}`);
    if (code === 2) assert.equal((await person.ctl(words)).code, 0, words.join(" "));
  }
  for (const flags of [[], ["--author", "admin"], ["--since", "1h ago"]])
    assert.equal((await person.json<unknown[]>("history", ...flags)).length, 1, flags.join(" "));
  for (const flags of [
    ["--author", "otto"],
    ["--since", "2999-01-01T00:00:00Z"],
  ])
    assert.deepEqual(await person.json("history", ...flags), [], flags.join(" "));
});
