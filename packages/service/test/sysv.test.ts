import assert from "node:assert/strict";
import { test } from "node:test";
import { requireTool, runProgram } from "@jamesd/testkit";
import { sysvScript } from "../src/sysv.ts";

const SERVICE = {
  ...{ name: "app", description: "An app", user: "root", restartSeconds: 0, stopSeconds: 1 },
  ...{ openFiles: undefined, systemd: { unit: "", service: "" } },
};

/** The part of the script that runs the program, with a signal at a moment that is there for microseconds. */
function supervising(program: string, from: string, signalled: string): string {
  const script = sysvScript(SERVICE, ["/bin/sh", "-c", program]);
  const part = script.slice(script.search(/^(tell|supervise)\(\)/m), script.indexOf("is_running()"));
  assert.ok(part.includes(from));
  return `${part.replace(from, () => signalled)}\nsupervise\necho stopped\n`;
}

for (const shell of ["dash", "bash"])
  test(`a program that is just being started is told to end, once: ${shell}`, {
    skip: requireTool(shell),
  }, async () => {
    const program = "trap 'echo told' TERM; while [ $((n += 1)) -lt 20 ]; do sleep 0.05; done; echo ended";
    // When it listens, and nobody knows its number yet.
    const text = supervising(program, "child=$!", "sleep 0.3; kill -TERM $$; child=$!");
    assert.equal((await runProgram([shell, "-c", text])).stdout, "told\nended\nstopped\n");
    // And when it is known, and not looked at once more yet.
    const late = supervising(program, "child=$!", "child=$!; sleep 0.3; kill -TERM $$");
    assert.equal((await runProgram([shell, "-c", late])).stdout, "told\nended\nstopped\n");
  });
