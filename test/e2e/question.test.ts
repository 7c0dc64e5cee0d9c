import assert from "node:assert/strict";
import { test } from "node:test";
import { KEYS, programCommand, requireTool, Sandbox, shellWords, startOnTerminal } from "@jamesd/testkit";

const QUESTION = "Go on? [y/N] ";
const ADD = ["add-packet", "--name", "vpn", "--tags", "arm,v1", "--data", "vpn.tar"];
const REMOVE = ["remove-packet", "--name", "vpn", "--tags", "v1", "--force"];

/** A server with a packet that a device has and should have. */
async function start(): Promise<Sandbox> {
  const sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const archive = await sandbox.pack("vpn", { "opt/vpn": "1\n" });
  await sandbox.ctlOk("add-packet", "--name", "vpn", "--tags", "v1", "--data", archive);
  await sandbox.runAgentOnce("device-1", ["arm"]);
  const wish = sandbox.write("wish.yaml", "id: device-1\napps:\n- name: vpn\n  tags: [v1]\n");
  await sandbox.ctlOk("set-desired-state", "--file", wish);
  assert.equal((await sandbox.runAgentOnce("device-1", ["arm"])).code, 0);
  return sandbox;
}

/** Runs jamesd-ctl on a terminal, and types keys when it asks; gives the exit code and what was to be seen. */
async function onTerminal(sandbox: Sandbox, words: readonly string[], keys?: string, redirection = "") {
  const line = `${shellWords([...programCommand("jamesd-ctl"), ...words])} ${redirection}`;
  const program = startOnTerminal(line, {
    cwd: sandbox.dir,
    env: sandbox.ctlEnv("admin"),
    isTyped: keys !== undefined,
  });
  if (keys !== undefined) {
    await program.says(QUESTION);
    program.types(keys);
  }
  const { code, stdout } = await program.ended;
  return { code, seen: stdout.replaceAll("\r", "") };
}

/** The tags of the packets that there are. */
async function packets(sandbox: Sandbox): Promise<readonly string[]> {
  const listed = JSON.parse(await sandbox.get("/v1/packets")) as { tags: string[] }[];
  return listed.map(({ tags }) => tags.join()).sort();
}

const skip = requireTool("script", "tar", "xz");

test("on a terminal it is asked before devices are changed; without a yes nothing is", { skip }, async () => {
  await using sandbox = await start();
  for (const [words, says] of [
    [REMOVE, /^removing this packet changes 1 device .*: device-1\n/],
    [ADD, /^this packet changes 1 device .*: device-1\n/],
  ] as const) {
    for (const answer of ["n", "", "maybe"]) {
      const { code, seen } = await onTerminal(sandbox, words, answer + KEYS.enter);
      assert.equal(code, 2, seen);
      assert.match(seen, says);
      assert.match(
        seen,
        /\njamesd-ctl: nothing was changed \[CANCELLED\]\n {2}hint: --yes answers beforehand\.\n$/,
      );
      assert.deepEqual(await packets(sandbox), ["v1"], seen);
    }
    const ended = await onTerminal(sandbox, words, KEYS.ctrlD);
    assert.equal(ended.code, 2, ended.seen);
    assert.match(ended.seen, /\[y\/N\] \njamesd-ctl: nothing was changed \[CANCELLED\]\n/);
    for (const keys of [KEYS.ctrlC, `y${KEYS.ctrlC}`]) {
      const { code, seen } = await onTerminal(sandbox, words, keys);
      assert.equal(code, 130, seen);
      assert.match(seen, /Go on\? \[y\/N\] y?\^C\n$/, "nothing more is said");
    }
    assert.deepEqual(await packets(sandbox), ["v1"]);
  }
});

test("a yes goes on, also beforehand; where nobody can be asked it is said, and done unless something goes away", {
  skip,
}, async () => {
  await using sandbox = await start();
  const cases = [
    { add: (words: readonly string[]) => onTerminal(sandbox, words, `y${KEYS.enter}`), asks: true },
    { add: (words: readonly string[]) => onTerminal(sandbox, words, `Yes${KEYS.enter}`), asks: true },
    { add: (words: readonly string[]) => onTerminal(sandbox, [...words, "--yes"]), asks: false },
    {
      add: (words: readonly string[]) => onTerminal(sandbox, words, undefined, "</dev/null"),
      asks: false,
      isAlone: true,
    },
    {
      add: async (words: readonly string[]) => {
        const { code, stderr } = await sandbox.ctl(...words);
        return { code, seen: stderr };
      },
      asks: false,
      isAlone: true,
    },
  ];
  for (const { add, asks, isAlone = false } of cases) {
    const added = await add(ADD);
    assert.equal(added.code, 0, added.seen);
    assert.deepEqual(await packets(sandbox), ["arm,v1", "v1"]);
    const remove = REMOVE.with(4, "arm,v1");
    if (isAlone) {
      const refused = await add(remove);
      assert.match(refused.seen, /vpn \[arm, v1\] would go away.*\[CONFIRMATION_NEEDED\]/);
      assert.deepEqual(await packets(sandbox), ["arm,v1", "v1"]);
    }
    const removed = await add(isAlone ? [...remove, "-y"] : remove);
    assert.equal(removed.code, 0, removed.seen);
    assert.deepEqual(await packets(sandbox), ["v1"]);
    for (const { seen } of [added, removed]) {
      assert.match(seen, /^[a-z ]*this packet changes 1 device/);
      assert.equal(seen.includes(QUESTION), asks, seen);
    }
  }
});
