import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
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

type Answer = (response: ServerResponse, times: number) => void;

/** Runs a waiter with a server that answers so, and a `jamesc work` that has nothing to do and says what is to be asked. */
async function withServer(
  { shell = "sh", tool, times }: { shell?: string; tool: string; times: number },
  answer: Answer,
  use: (waiter: Program, asked: () => number, connections: () => number) => Promise<void>,
): Promise<void> {
  await using sandbox = await Sandbox.create(["dev"]);
  const read = (name: string) => readFileSync(sandbox.path("pki", name));
  let asked = 0;
  let connections = 0;
  const own = { ca: read("ca.crt"), cert: read("jamesd.crt"), key: read("jamesd.key") };
  const server = createServer({ ...own, requestCert: true }, (request, response) => {
    const time = ++asked;
    request.resume().on("end", () => answer(response, time));
  });
  server.on("secureConnection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const files = ["ca.crt", "dev.crt", "dev.key"].map((name) => sandbox.path("pki", name));
  // It is given half a minute more than it is held for.
  const lines = ["-29", times, `127.0.0.1:${port}`, "jamesd", ...files, "{}"];
  const question = sandbox.write("question", `${lines.join("\n")}\n`);
  const work = sandbox.write("work", `#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\ncp ${question} "$1"\n`);
  const script = sandbox.write("waiter", waiterScript(`sh ${work}`));
  const env = { JAMESC_WAITER_WITH: tool, TMPDIR: sandbox.path("pki") };
  const waiter = new Program([shell, script], { env });
  try {
    await use(
      waiter,
      () => asked,
      () => connections,
    );
  } finally {
    await waiter.stop();
    server.closeAllConnections();
    server.close();
  }
}

// They wait for seconds.
describe("the waiter", { concurrency: true }, () => {
  for (const [tool, needs] of [
    ["openssl", ["openssl", "perl"]],
    // Where there is no perl.
    ["openssl_once", ["openssl"]],
    ["curl", ["curl"]],
  ] as const)
    test(
      `asks again, without a word, when there is no answer in time, and when a server says so that does not hold: ${tool}`,
      {
        skip: requireTool(...needs),
      },
      () =>
        withServer(
          { tool, times: 9 },
          (response, time) => {
            if (time > 1) response.writeHead(204, { "retry-after": "1", connection: "close" }).end();
          },
          async (waiter, asked) => {
            await waitFor("it to ask again", async () => asked() > 2 || undefined);
            assert.deepEqual([waiter.isRunning, waiter.stderr], [true, ""]);
          },
        ),
    );

  for (const [shell, tool, ...needs] of [
    ["sh", "curl"],
    ["bash", "curl"],
    ["sh", "openssl", "perl"],
    ["bash", "openssl", "perl"],
  ] as const)
    test(
      `asks all over one connection until the answer is another, and ends when it is told to: ${shell}, ${tool}`,
      {
        skip: requireTool(shell, tool, ...needs),
      },
      () =>
        withServer(
          { shell, tool, times: 100 },
          // The last one is held.
          (response, time) => {
            if (time === 20) response.end("{}");
            else if (time < 40) response.writeHead(204).end();
          },
          async (waiter, asked, connections) => {
            await waitFor("it to be held", async () => asked() === 40 || undefined);
            assert.equal(connections(), 2);
            await waiter.stop("SIGTERM");
            assert.deepEqual([asked(), waiter.stderr], [40, ""]);
          },
        ),
    );
});

for (const tool of ["openssl", "openssl_once", "curl"])
  test(`where what asks fails each time and jamesc does not, that is called ever later: ${tool}`, {
    skip: requireTool("perl"),
  }, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "jamesc-waiter-"));
    const program = (name: string, text: string): void => {
      writeFileSync(join(dir, name), `#!/bin/sh\n${text}`, { mode: 0o755 });
    };
    const question = ["50", "9", "127.0.0.1:1", "jamesd", "ca", "cert", "key", "{}"].join("\n");
    writeFileSync(join(dir, "question"), `${question}\n`);
    program("work", `echo work >>${dir}/log\nwhile [ $# -gt 1 ]; do shift; done\ncp ${dir}/question "$1"\n`);
    for (const name of ["openssl", "curl"]) program(name, "exit 1\n");
    program("sleep", `echo "$1" >>${dir}/log\n`);
    writeFileSync(join(dir, "waiter"), waiterScript(`sh ${join(dir, "work")}`));
    const env = { PATH: `${dir}:${process.env.PATH}`, TMPDIR: dir, JAMESC_WAITER_WITH: tool };
    const waiter = new Program(["sh", join(dir, "waiter")], { env });
    t.after(async () => {
      await waiter.stop();
      rmSync(dir, { recursive: true });
    });
    const log = await waitFor("it to have waited for long", () => {
      const lines = existsSync(join(dir, "log")) ? readFileSync(join(dir, "log"), "utf8").split("\n") : [];
      return lines.length > 16 ? lines.slice(0, 16) : undefined;
    });
    const longest = [10, 20, 40, 80, 160, 320, 320];
    // Twice at once: the server may have begun anew.
    const words = ["work", ...longest.flatMap((seconds) => ["work", seconds + (waiter.pid % seconds)])];
    assert.deepEqual(log.slice(0, words.length), words.map(String));
  });

test("as soon as it listens to signals it reads no command within another, by which bash loses them", () => {
  const [, listens] = waiterScript("jamesc").split("\ntrap stop");
  assert.ok(listens);
  assert.doesNotMatch(listens, /\$\((?!\()|`/);
});

for (const shell of ["dash", "bash"])
  test(`a signal for which there is nobody yet is told to who is begun next: ${shell}`, {
    skip: requireTool(shell, "rm"),
  }, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "jamesc-waiter-"));
    t.after(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, "work"), "exec sleep 600\n");
    writeFileSync(join(dir, "waiter"), waiterScript(`sh ${join(dir, "work")}`));
    // The first thing that it has done.
    writeFileSync(join(dir, "rm"), '#!/bin/sh\nkill -TERM $PPID\nexec /bin/rm "$@"\n');
    chmodSync(join(dir, "rm"), 0o755);
    const env = { PATH: `${dir}:${process.env.PATH}`, TMPDIR: dir };
    const { code, stderr } = await runProgram([shell, join(dir, "waiter")], { env });
    assert.deepEqual([code, stderr], [143, ""]);
  });

for (const shell of ["dash", "bash"])
  test(`what a waiter left that ended between two shells is cleared away by the next one, and nothing else: ${shell}`, {
    skip: requireTool(shell, "mkfifo"),
  }, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "jamesc-waiter-"));
    t.after(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, "waiter"), waiterScript("sh -c 'exit 2'"));
    const { stdout: gone } = await runProgram(["sh", "-c", "echo $$"]);
    /** Who asks, or another process of that number, and the folder that a waiter of this process has. */
    const left = async (waiter: string, reads: "its questions" | "something else") => {
      const folder = join(dir, `jamesc-waiter-${waiter}-abcdef`);
      mkdirSync(folder);
      assert.equal((await runProgram(["mkfifo", join(folder, "questions")])).code, 0);
      const stdin = reads === "its questions" ? join(folder, "questions") : "/dev/null";
      const asks = new Program(["sh", "-c", 'exec sleep 1000 <>"$0"', stdin]);
      t.after(() => asks.stop("SIGKILL"));
      await waitFor(
        "it to run",
        () => readFileSync(`/proc/${asks.pid}/comm`, "utf8") === "sleep\n" || undefined,
      );
      writeFileSync(join(folder, "child"), `${asks.pid}\n`);
      return { folder, asks };
    };
    const [ended, running] = [
      await left(gone.trim(), "its questions"),
      await left(`${process.pid}`, "its questions"),
    ];
    // No waiter has such a name, with no number of a process in it.
    const strange = ["jamesc-waiter-of-mine-abcdef", "jamesc-waiter--abcdef"];
    for (const name of strange) mkdirSync(join(dir, name));
    const run = () =>
      runProgram([shell, join(dir, "waiter")], { env: { PATH: process.env.PATH, TMPDIR: dir } });
    const { code, stderr } = await run();
    assert.deepEqual([code, stderr], [2, ""]);
    assert.equal((await ended.asks.ended).signal, "SIGTERM");
    assert.deepEqual(
      [existsSync(ended.folder), existsSync(running.folder), running.asks.isRunning],
      [false, true, true],
    );
    const other = await left(gone.trim(), "something else");
    await run();
    assert.deepEqual([existsSync(other.folder), other.asks.isRunning], [false, true]);
    assert.deepEqual(readdirSync(dir).sort(), [basename(running.folder), ...strange, "waiter"].sort());
  });
