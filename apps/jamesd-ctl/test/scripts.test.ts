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

test("prune removes what the files lack in its scope alone, as plan and diff say beforehand", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.startServer();
  const person = new Person(sandbox);
  const spec = (id: string) => `id: ${id}\nselector: []\napps: []\n`;
  const device = (id: string) => `id: ${id}\napps: []\n`;
  const all = [spec("a-1"), spec("a-2"), spec("b-1"), device("a-1"), device("b-1")];
  sandbox.write("all.yaml", all.join("---\n"));
  sandbox.write("one.yaml", spec("a-1"));
  interface Changed {
    readonly documents: { readonly kind: string; readonly id: string; readonly action: string }[];
  }
  const names = (found: readonly { readonly kind: string; readonly id: string }[]) =>
    found.map(({ kind, id }) => `${kind} ${id}`);
  for (const [scopes, gone] of [
    [[], ["device a-1", "device b-1", "spec a-2", "spec b-1"]],
    [["specs"], ["spec a-2", "spec b-1"]],
    [["specs/a-"], ["spec a-2"]],
    [
      ["specs/b-", "devices"],
      ["device a-1", "device b-1", "spec b-1"],
    ],
    [["devices/c"], []],
  ] as const) {
    await person.ok("apply", "-f", "all.yaml");
    const words = ["-f", "one.yaml", "--prune", ...scopes.flatMap((scope) => ["--prune-scope", scope])];
    assert.deepEqual(names((await person.json<Changed>("plan", ...words)).documents).sort(), gone);
    assert.deepEqual(names(await person.json<Changed["documents"]>("diff", ...words)).sort(), gone);
    assert.deepEqual(names((await person.json<Changed>("apply", ...words, "--yes")).documents).sort(), gone);
  }
  // What others add while a person thinks stays.
  sandbox.write("late.yaml", spec("late"));
  await person.ok("apply", "-f", "all.yaml");
  const asked = await person.ctl(["apply", "-f", "one.yaml", "--prune"], async () => {
    await person.ok("apply", "-f", "late.yaml");
    return "y\n";
  });
  assert.equal(asked.code, 0, asked.said);
  const left = await person.json<{ id: string }[]>("list-specs");
  assert.deepEqual(
    left.map(({ id }) => id),
    ["a-1", "late"],
  );
  for (const words of [
    ["--prune-scope", "specs"],
    ["--prune", "--prune-scope", "spec"],
  ])
    assert.match((await person.ctl(["apply", "-f", "one.yaml", ...words])).said, /\[USAGE\]\n {2}hint: /);
});
