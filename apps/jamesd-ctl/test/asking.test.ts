import assert from "node:assert/strict";
import { test } from "node:test";
import { requireTool, Sandbox } from "@jamesd/testkit";
import { COMMANDS } from "../src/commands/index.ts";
import { Person } from "./person.ts";

/** A command that changes what device-1 has, should have, or is. */
interface Case {
  readonly words: readonly string[];
  /** A document, a packet or the device goes away. */
  readonly takesAway: boolean;
  /** Without this there would be nothing to ask about. */
  readonly first?: readonly string[];
  /** Makes it as it was before. */
  readonly undo: readonly (readonly string[])[];
}

const BACK = ["revert", "--to", "1", "--yes"];
const V2_ADDED = ["add-packet", "--name", "vpn", "--tags", "arm,v1", "--data", "v2.tar", "--yes"];
const V2_REMOVED = ["remove-packet", "--name", "vpn", "--tags", "arm,v1", "--force", "--yes"];

/** Every command that changes devices; the device is there and has what the spec `arms` of revision 1 wants. */
const ASKING: Readonly<Record<string, readonly Case[]>> = {
  apply: [
    { words: ["-f", "v2.yaml"], takesAway: false, undo: [BACK] },
    { words: ["-f", "other.yaml", "--prune"], takesAway: true, undo: [BACK] },
  ],
  "set-desired-state": [{ words: ["--file", "own.yaml"], takesAway: false, undo: [BACK] }],
  revert: [{ words: ["--to", "0"], takesAway: true, undo: [BACK] }],
  "remove-spec": [{ words: ["--id", "arms"], takesAway: true, undo: [BACK] }],
  "add-packet": [{ words: V2_ADDED.slice(1, -1), takesAway: false, undo: [V2_REMOVED] }],
  import: [{ words: ["packets.export"], takesAway: false, undo: [V2_REMOVED] }],
  "remove-packet": [
    {
      words: ["--name", "vpn", "--tags", "v1", "--force"],
      takesAway: true,
      undo: [["add-packet", "--name", "vpn", "--tags", "v1", "--data", "v1.tar", "--yes"]],
    },
  ],
  reinstall: [{ words: ["--id", "device-1", "--app", "vpn"], takesAway: false, undo: [] }],
  "tag-device": [
    {
      words: ["--id", "device-1", "--add", "lab"],
      takesAway: false,
      undo: [["tag-device", "--id", "device-1", "--remove", "lab", "--yes"]],
    },
  ],
  "adopt-state": [
    {
      first: ["set-desired-state", "--file", "own.yaml", "--yes"],
      words: ["--id", "device-1"],
      takesAway: false,
      undo: [BACK],
    },
  ],
  // Of what failed, and of a name that another key has: in tests of their own.
  retry: [],
  approve: [],
  // Of what spreads in waves: in tests of their own.
  "resume-rollout": [],
  "approve-rollout": [],
  "promote-rollout": [],
  "revert-rollout": [],
  "remove-device": [{ words: ["--id", "device-1", "--force"], takesAway: true, undo: [] }],
};

/** Those that change nothing; who is locked out keeps what it has, and `go` has a device do now what it does anyway. */
const NOT_ASKING = [
  "enroll-token",
  "list-enroll-tokens",
  "list-enrollments",
  "preauthorize",
  "reject",
  "renew",
  "revoke-enroll-token",
  "blame",
  "completion",
  "dashboard",
  "describe",
  "device-log",
  "diff",
  "diff-packets",
  "events",
  "explain",
  "export",
  "get-desired-state",
  "get-device",
  "get-packet",
  "get-rollout",
  "get-spec",
  "get-state",
  "go",
  "history",
  "list-packets",
  "list-revoked",
  "list-rollouts",
  "list-specs",
  "list-systems",
  "pause-rollout",
  "ping",
  "plan",
  "revoke",
  "unrevoke",
  "verify",
  "version",
  "watch-rollout",
  "which-packet",
  "whoami",
];

const spec = (id: string, tag: string, version: string) =>
  `id: ${id}\nselector: [${tag}]\napps:\n- {name: vpn, tags: [${version}]}\n`;

test("every command that changes devices asks by the one rule", {
  skip: requireTool("tar", "xz"),
}, async (t) => {
  assert.deepEqual(
    COMMANDS.map(({ name }) => name).sort(),
    [...Object.keys(ASKING), ...NOT_ASKING].sort(),
    "each command, also a new one, is in one of the tables of this test",
  );
  for (const { name, options } of COMMANDS) assert.equal("yes" in options, name in ASKING, `${name} --yes`);

  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const person = new Person(sandbox);
  const everything = async () => [
    await person.ok("history"),
    await person.ok("list-packets"),
    await person.ok("list-systems", "--output", "json"),
  ];

  sandbox.write("arms.yaml", spec("arms", "arm, not:lab", "v1"));
  sandbox.write("v2.yaml", spec("arms", "arm, not:lab", "v2"));
  sandbox.write("other.yaml", spec("other", "mips", "v2"));
  sandbox.write("own.yaml", "id: device-1\napps:\n- {name: vpn, tags: [v2]}\n");
  for (const version of ["v1", "v2"]) {
    await sandbox.pack(version, { "opt/vpn": `${version}\n` });
    await person.ok("add-packet", "--name", "vpn", "--tags", version, "--data", `${version}.tar`);
  }
  await person.ok(...V2_ADDED);
  await person.ok("export", "--output", "packets.export");
  await person.ok(...V2_REMOVED);
  await person.ok("apply", "-f", "arms.yaml");
  for (let i = 0; i < 2; i++) assert.equal((await sandbox.runAgentOnce("device-1", ["arm"])).code, 0);

  const nothing = await person.ctl(["adopt-state", "--id", "device-1"]);
  assert.match(nothing.said, /nothing to adopt: device-1 .* has what it should have/);
  assert.equal(nothing.code, 0);
  assert.match((await person.ctl(["adopt-state", "--all"])).said, /no device is halted/);

  for (const [name, cases] of Object.entries(ASKING))
    for (const { first, words, takesAway, undo } of cases)
      await t.test([name, ...words].join(" "), async () => {
        if (first) await person.ok(...first);
        const before = await everything();
        const declined = await person.ctl([name, ...words], "n\n");
        assert.match(declined.said, /changes 1 device \(.*\): device-1\n(.*\n)*.*\[CANCELLED\]/);
        assert.equal(declined.code, 2);
        assert.deepEqual(await everything(), before);
        const unasked = await person.ctl([name, ...words]);
        if (takesAway) {
          assert.match(unasked.said, /would go away.*\[CONFIRMATION_NEEDED\]\n {2}hint: .*--yes/);
          assert.equal(unasked.code, 2);
          assert.deepEqual(await everything(), before);
          await person.ok(name, ...words, "--yes");
        } else assert.equal(unasked.code, 0, unasked.said);
        assert.notDeepEqual(await everything(), before);
        for (const each of undo) await person.ok(...each);
      });
});
