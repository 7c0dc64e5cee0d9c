import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, renameSync } from "node:fs";
import { test } from "node:test";
import { connect } from "node:tls";
import { type Program, Sandbox, waitFor } from "@jamesd/testkit";

const AGAIN = "read the certificates again";

function count(text: string, word: string): number {
  return text.split(word).length - 1;
}

/** Sends a signal and waits until the program has said so once more. */
async function hangUp(program: Program, said: () => string): Promise<void> {
  const before = count(said(), AGAIN);
  process.kill(program.pid, "SIGHUP");
  await waitFor("that it read again", () => count(said(), AGAIN) > before || undefined);
}

test("SIGHUP has the server take another certificate and open its log anew; SIGUSR1 opens no debugger", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  const log = sandbox.path("jamesd.log");
  const server = await sandbox.startServer("--log-file", log);
  await sandbox.ctlOk("list-systems");
  // Another certificate for another name: the client sees which one is used.
  await sandbox.pkitool("--add-server", "other", "--san", "other");
  for (const end of ["crt", "key"])
    copyFileSync(sandbox.path(`pki/other.${end}`), sandbox.path(`pki/jamesd.${end}`));
  renameSync(log, `${log}.1`);
  process.kill(server.pid, "SIGUSR1");
  await hangUp(server, () => (existsSync(log) ? readFileSync(log, "utf8") : ""));
  assert.equal((await sandbox.ctl("list-systems")).code, 3, "the old name is no longer the server's");
  await sandbox.ctlOk("list-systems", "--server-name", "other");
  // What is replaced is seen without being told, too.
  await sandbox.pkitool("--add-server", "third", "--san", "third");
  for (const end of ["key", "crt"])
    copyFileSync(sandbox.path(`pki/third.${end}`), sandbox.path(`pki/jamesd.${end}`));
  await waitFor("that the server saw it", () =>
    readFileSync(log, "utf8").includes("for their files were replaced") ? true : undefined,
  );
  await sandbox.ctlOk("list-systems", "--server-name", "third");
  assert.equal(server.stderr.includes("Debugger"), false);
  assert.equal((await server.stop()).code, 0);
});

test("an authority that is gone after SIGHUP lets nobody in, not even over an open connection", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  const server = await sandbox.startServer();
  const agent = sandbox.startAgent("dev", ["x"]);
  await agent.says("connected");
  await sandbox.pkitool("--init", "--add-server", "jamesd", "--add-operator", "admin", "--dir", "new");
  for (const file of ["ca.crt", "jamesd.crt", "jamesd.key"])
    copyFileSync(sandbox.path("new", file), sandbox.path("pki", file));
  await hangUp(server, () => server.stderr);
  await agent.says("lost");
});

test("credentials that will not do after SIGHUP change nothing", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  const server = await sandbox.startServer();
  const agent = sandbox.startAgent("dev", ["x"]);
  await agent.says("connected");
  for (const [program, name] of [
    [server, "jamesd"],
    [agent, "dev"],
  ] as const) {
    sandbox.write(`pki/${name}.key`, "none");
    process.kill(program.pid, "SIGHUP");
    await program.says("what was read before is used on");
  }
  await sandbox.ctlOk("list-systems");
  assert.match(await sandbox.ctlOk("list-systems"), /dev/);
});

test("SIGHUP has the agent use another certificate of the same device, and no other device's", async () => {
  await using sandbox = await Sandbox.create(["dev", "other"]);
  await sandbox.startServer();
  const agent = sandbox.startAgent("dev", ["x"]);
  await agent.says("connected");
  process.kill(agent.pid, "SIGUSR1");
  await hangUp(agent, () => agent.stderr);
  for (const end of ["crt", "key"])
    copyFileSync(sandbox.path(`pki/other.${end}`), sandbox.path(`pki/dev.${end}`));
  process.kill(agent.pid, "SIGHUP");
  await agent.says("is the certificate of other, and this agent is dev");
  assert.equal(agent.stderr.includes("Debugger"), false);
  assert.equal((await agent.stop()).code, 0);
});

test("SIGHUP has an agent that waits to be let in open its log anew", async () => {
  await using sandbox = await Sandbox.create();
  const log = sandbox.path("jamesc.log");
  const queue = ["--enroll-addr", "127.0.0.1:1", "--enroll-queue", "--id", "dev", "--log-file", log];
  const agent = sandbox.start("jamesc", [...sandbox.agentFlags("dev", ["x"]), ...queue]);
  const isOpen = () => existsSync(log) && readFileSync(log, "utf8") !== "";
  await waitFor("that it asks", () => isOpen() || undefined);
  renameSync(log, `${log}.1`);
  process.kill(agent.pid, "SIGHUP");
  await waitFor("a new log", () => existsSync(log) || undefined);
  assert.equal((await agent.stop()).code, 0);
});

test("a second SIGTERM ends a server that still lets go whom it serves, and nothing is lost", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  const server = await sandbox.startServer();
  const agent = sandbox.startAgent("dev", ["x"]);
  await agent.says("connected");
  // An upload that never ends, which a server that stops waits for.
  const [ca, cert, key] = ["ca.crt", "admin.crt", "admin.key"].map((file) =>
    readFileSync(sandbox.path("pki", file)),
  );
  const options = { host: "127.0.0.1", port: sandbox.port, servername: "jamesd" };
  const upload = connect({ ...options, ca, cert, key }).on("error", () => undefined);
  const head = `PUT /v1/uploads/${"a".repeat(64)}?offset=0 HTTP/1.1\r\nHost: jamesd\r\n`;
  upload.write(`${head}Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\nhalf`);
  const isUnderWay = () => existsSync(sandbox.path("data/uploads", "a".repeat(64)));
  await waitFor("that the upload is under way", () => isUnderWay() || undefined);
  process.kill(server.pid, "SIGTERM");
  await agent.says("lost");
  assert.equal((await server.stop("SIGINT")).code, 130);
  await sandbox.startServer();
  assert.match(await sandbox.ctlOk("list-systems"), /dev/);
});
