import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram } from "@jamesd/testkit";

const MODULE = join(import.meta.dirname, "../src/stop-signal.ts");

/** What a process prints and ends with that hears a signal while its event loop does not turn, before another listens. */
function told(signals: number) {
  const script = `
    import { listenForStop } from ${JSON.stringify(MODULE)};
    const first = listenForStop((name) => console.log("first", name));
    process.kill(process.pid, "SIGTERM");
    await undefined;
    const second = listenForStop((name) => console.log("second", name));
    const over = setTimeout(() => process.exit(1), 10_000);
    second.addEventListener("abort", () => {
      console.log(first.aborted);
      clearTimeout(over);
      for (let i = 1; i < ${signals}; i += 1) process.emit("SIGTERM", "SIGTERM");
    });
  `;
  return runProgram([process.execPath, "--input-type=module", "-e", script]);
}

test("a signal that comes between two who listen stops both, and is told to the second", async () => {
  const { code, stdout, stderr } = await told(1);
  assert.equal(stdout, "second SIGTERM\ntrue\n", stderr);
  assert.equal(code, 0);
});

test("a second one ends the process", async () => {
  assert.equal((await told(2)).code, 143);
});
