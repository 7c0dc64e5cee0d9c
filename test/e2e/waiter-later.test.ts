import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Program, requireTool, runProgram, Sandbox, waitFor } from "@jamesd/testkit";
import { EXEC_FOR } from "../../apps/jamesc/src/waiter/exec-for.ts";
import { waiterScript } from "../../apps/jamesc/src/waiter/script.ts";

// What the waiter becomes while it asks.
for (const tool of ["perl", "timeout"])
  test(`a program that does not end is ended in time by ${tool}, and one that does says how`, {
    skip: requireTool(tool),
  }, async () => {
    const run = (command: string) =>
      runProgram(["sh", "-c", `${EXEC_FOR}\nbound=${tool}\nexec_for ${command}`]);
    const { code, signal } = await run("1 sleep 600");
    assert.ok(signal === "SIGALRM" || code === 124, `${code} ${signal}`);
    assert.equal((await run("600 sh -c 'exit 7'")).code, 7);
  });

for (const [tool, needs] of [
  ["openssl", ["openssl", "perl"]],
  ["curl", ["curl"]],
] as const)
  test(`the waiter asks again, without a word, when there is no answer in time, and when a server says so that does not hold: ${tool}`, {
    skip: requireTool(...needs),
  }, async () => {
    await using sandbox = await Sandbox.create(["dev"]);
    const read = (name: string) => readFileSync(sandbox.path("pki", name));
    let asked = 0;
    const own = { ca: read("ca.crt"), cert: read("jamesd.crt"), key: read("jamesd.key") };
    const server = createServer({ ...own, requestCert: true }, (request, response) => {
      asked += 1;
      request.resume();
      if (asked > 1)
        request.on("end", () => response.writeHead(204, { "retry-after": "1", connection: "close" }).end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const files = ["ca.crt", "dev.crt", "dev.key"].map((name) => sandbox.path("pki", name));
    // It is given half a minute more than it is held for.
    const lines = ["-29", "9", `127.0.0.1:${port}`, "jamesd", ...files, "{}"];
    const question = sandbox.write("question", `${lines.join("\n")}\n`);
    // It has nothing to do, and says what is to be asked.
    const work = sandbox.write(
      "work",
      `#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\ncp ${question} "$1"\n`,
    );
    const script = sandbox.write("waiter", waiterScript(`sh ${work}`));
    const env = { JAMESC_WAITER_WITH: tool, TMPDIR: sandbox.path("pki") };
    const waiter = new Program(["sh", script], { env });
    try {
      await waitFor("it to ask again", async () => asked > 2 || undefined);
      assert.deepEqual([waiter.isRunning, waiter.stderr], [true, ""]);
    } finally {
      await waiter.stop();
      server.closeAllConnections();
      server.close();
    }
  });
