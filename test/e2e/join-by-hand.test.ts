import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { requireTool, runProgram, Sandbox } from "@jamesd/testkit";
import { joinOnce, startJoining, startWithoutKey } from "./joining.ts";

// What speaks for a device that is not ours: openssl makes key and request, curl asks.

async function tool(sandbox: Sandbox, ...command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, { cwd: sandbox.dir });
  assert.equal(code, 0, `${command.join(" ")}: ${stderr}`);
  return stdout;
}

/** Makes a key and a request of this name; gives the fingerprint of the key as the docs have it worked out. */
async function makeRequest(sandbox: Sandbox, name: string): Promise<string> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`];
  await tool(sandbox, "openssl", "req", "-new", ...key, "-subj", `/CN=${name}`, "-out", `${name}.csr`);
  const shell = `openssl pkey -in ${name}.key -pubout -outform DER | sha256sum`;
  return (await tool(sandbox, "sh", "-c", shell)).slice(0, 64);
}

/** Asks to join as the docs say. */
async function ask(sandbox: Sandbox, address: string, name: string, token?: string) {
  const [id, secret] = token?.split(".") ?? [];
  const request = readFileSync(sandbox.path(`${name}.csr`), "utf8");
  writeFileSync(
    sandbox.path("ask.json"),
    JSON.stringify({ request, ...(token && { token: { id, secret } }) }),
  );
  const { port } = new URL(`https://${address}`);
  const printed = await tool(
    ...([
      sandbox,
      "curl",
      "--silent",
      "--cacert",
      "pki/ca.crt",
      "--resolve",
      `jamesd:${port}:127.0.0.1`,
    ] as const),
    ...["--header", "content-type: application/json", "--data", "@ask.json"],
    ...["--write-out", "\n%{http_code}", `https://jamesd:${port}/v1/enrollments`],
  );
  const [body = "", status] = printed.split(/\n(?=\d+$)/);
  return { status: Number(status), body: JSON.parse(body) as Record<string, string> };
}

/** Checks in with what was issued, as a device that keeps its files where it likes. */
async function checkIn(sandbox: Sandbox, name: string, { certificate = "" }: Record<string, string>) {
  sandbox.write(`pki/${name}.crt`, certificate);
  writeFileSync(sandbox.path(`pki/${name}.key`), readFileSync(sandbox.path(`${name}.key`)), { mode: 0o600 });
  const { code, stderr } = await sandbox.runAgentOnce(name, ["armv7l", "lab"]);
  assert.equal(code, 0, stderr);
}

test("openssl and curl join as the docs say: by a token, by a key, through the queue; what a device claims chooses nothing", {
  skip: requireTool("openssl") || requireTool("curl"),
}, async () => {
  await using sandbox = await Sandbox.create();
  const joining = await startJoining(sandbox);
  sandbox.write("lab.yaml", "kind: spec\nid: lab\nselector: [given:lab]\napps: []\n");
  await sandbox.ctlOk("apply", "-f", "lab.yaml");
  const token = await joining.token("--spec", "lab", "--uses", "2");
  await makeRequest(sandbox, "board-1");
  const first = await ask(sandbox, joining.enrollAddress, "board-1", token);
  assert.equal(first.status, 201);
  await checkIn(sandbox, "board-1", first.body);

  const fingerprint = await makeRequest(sandbox, "board-2");
  await sandbox.ctlOk("preauthorize", "--id", "board-2", "--key-fingerprint", fingerprint.toUpperCase());
  const second = await ask(sandbox, joining.enrollAddress, "board-2");
  assert.equal(second.status, 201);
  await checkIn(sandbox, "board-2", second.body);
  const chosen = JSON.parse(await sandbox.ctlOk("list-systems", "--tags", "given:lab", "--output", "json"));
  assert.deepEqual(
    chosen.map(({ id }: { id: string }) => id),
    ["board-1"],
    "board-2 only says that it has lab",
  );

  const third = await makeRequest(sandbox, "board-3");
  assert.equal((await ask(sandbox, joining.enrollAddress, "board-3")).status, 202);
  assert.match(
    await sandbox.ctlOk("list-enrollments"),
    new RegExp(`board-3 +${third.slice(0, 16)}.* waiting`),
  );
  await sandbox.ctlOk("reject", "--fingerprint", third.slice(0, 12));
  const refused = await ask(sandbox, joining.enrollAddress, "board-3");
  assert.deepEqual([refused.status, refused.body.code], [403, "ENROLLMENT_REFUSED"]);
  assert.match((await sandbox.ctl("approve", "--id", "board-9")).stderr, /nobody wants to join as board-9/);
  await sandbox.ctlOk("approve", "--id", "board-3", "--tags", "canary");
  assert.equal((await ask(sandbox, joining.enrollAddress, "board-3")).status, 201);

  // Another key under the name of a device that is there takes its place only when somebody says so.
  const other = await makeRequest(sandbox, "board-1");
  assert.equal((await ask(sandbox, joining.enrollAddress, "board-1")).status, 202);
  assert.match(await sandbox.ctlOk("list-enrollments"), /board-1 .* waiting; another key has this id/);
  const unasked = await sandbox.ctl("approve", "--fingerprint", other);
  assert.match(
    unasked.stderr,
    /changes 1 device \(\d connected\): board-1\n.*takes away the certificate of another key/,
  );
  assert.match(unasked.stderr, /CONFIRMATION_NEEDED/);
  assert.equal((await ask(sandbox, joining.enrollAddress, "board-1")).status, 202);
  await sandbox.ctlOk("approve", "--fingerprint", other, "--yes");
  assert.equal((await ask(sandbox, joining.enrollAddress, "board-1")).status, 201);

  const listed = await sandbox.ctlOk("list-enroll-tokens");
  const [id = "", secret = ""] = token.split(".");
  assert.match(listed, new RegExp(`${id} +\\(any\\) +lab +1 `));
  assert.equal(listed.includes(secret), false);
  await sandbox.ctlOk("revoke-enroll-token", token);
  await makeRequest(sandbox, "board-4");
  assert.equal((await ask(sandbox, joining.enrollAddress, "board-4", token)).status, 403);
  assert.match((await sandbox.ctl("revoke-enroll-token", id)).stderr, /there is no token/);
  assert.match((await sandbox.ctl("enroll-token", "--spec", "none")).stderr, /SPEC_UNKNOWN/);
  const log = await sandbox.ctlOk("events", "--output", "table");
  for (const line of [
    `made the token ${id} for 2 devices`,
    `board-1 joined by the token ${id}, given the tags lab`,
    "board-3 joined as approved, given the tags canary",
    `took back the token ${id}`,
  ])
    assert.ok(log.includes(line), line);
});

test("a server without the key of its authority hands the requests over, and takes what was signed elsewhere", async () => {
  await using sandbox = await Sandbox.create();
  const joining = await startWithoutKey(sandbox);
  const token = await joining.token("--tags", "lab");
  const flags = joining.flags("board-1");
  const waiting = await joinOnce(sandbox, flags, token);
  assert.match(waiting.stderr, /ENROLLMENT_WAITING/);
  await sandbox.ctlOk("list-enrollments", "--requests", "requests");
  assert.deepEqual(readdirSync(sandbox.path("requests")), ["board-1.csr"]);
  await sandbox.pkitool("--sign-requests", "requests", "--days", "30");
  assert.match(await sandbox.ctlOk("approve", "--certificates", "requests"), /id: board-1/);
  const joined = await joinOnce(sandbox, flags, token);
  assert.equal(joined.code, 0, joined.stderr);
  assert.ok(existsSync(sandbox.path("board-1/state/identity.json")));
  assert.match(await sandbox.ctlOk("describe", "--id", "board-1"), /lab/);
});
