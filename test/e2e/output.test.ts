import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Program, programCommand, runProgram, Sandbox, waitFor } from "@jamesd/testkit";

const PROGRAMS = ["jamesd", "jamesc", "jamesd-ctl", "pkitool"] as const;

for (const name of PROGRAMS) {
  const run = (shell: string) => runProgram(["sh", "-c", shell, ...programCommand(name)]);

  test(`${name} says in one line that its output could not be written`, async () => {
    const { code, stderr } = await run(`"$0" "$@" --help >/dev/full`);
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`^${name}: cannot write to standard output: .* \\[OUTPUT_LOST\\]\\n  hint: .*\\n$`),
    );
  });

  test(`${name} takes a reader that has enough for no failure`, async () => {
    const { stdout, stderr } = await run(`{ "$0" "$@" --help; echo "ended with $?" >&2; } | true`);
    assert.deepEqual({ stdout, stderr }, { stdout: "", stderr: "ended with 0\n" });
  });

  test(`${name} ends with its exit code when nobody can be told`, async () => {
    const { code, stdout } = await run(`"$0" "$@" --no-such-flag 2>/dev/full`);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
  });
}

/** Starts a daemon whose standard error is a full disk. */
function startUnheard(context: TestContext, name: "jamesd" | "jamesc", flags: readonly string[]): Program {
  const program = new Program(["sh", "-c", 'exec "$0" "$@" 2>/dev/full', ...programCommand(name), ...flags]);
  context.after(() => program.stop("SIGKILL"));
  return program;
}

test("daemons whose log cannot be written start, work and end as others do", async (context) => {
  await using sandbox = await Sandbox.create(["dev"]);
  const data = ["--addr", `127.0.0.1:${sandbox.port}`, "--data", sandbox.path("data")];
  const server = startUnheard(context, "jamesd", [...data, ...sandbox.credentials("jamesd")]);
  await server.says("ready");
  const archive = await sandbox.pack("app", { "opt/app": "1" });
  await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "v1", "--data", archive);
  const agent = startUnheard(context, "jamesc", [
    ...sandbox.agentFlags("dev", ["x"]),
    "--log-level",
    "debug",
  ]);
  await waitFor("the agent", async () => (await sandbox.ctlOk("list-systems")).includes("dev") || undefined);
  const wish = sandbox.write("wish.yaml", "id: dev\napps:\n- name: app\n  tags: [v1]\n");
  await sandbox.ctlOk("set-desired-state", "--file", wish, "--wait");
  assert.equal((await agent.stop()).code, 0);
  assert.equal((await server.stop()).code, 0);
});
