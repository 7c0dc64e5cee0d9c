import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { test } from "node:test";
import { stateDigest } from "@jamesd/model";
import { type ProgramResult, requireTool, runProgram, Sandbox, waitFor } from "@jamesd/testkit";

test("roles: devices only check in, viewers only read, operators do not pose as devices", async () => {
  await using sandbox = await Sandbox.create(["device-1", "device-2"]);
  await sandbox.startServer();
  await sandbox.runAgentOnce("device-1", ["a"]);
  sandbox.write("state.yaml", "id: device-1\napps: []\n");

  const asDevice = await sandbox.ctlAs("device-2", "set-desired-state", "--file", "state.yaml");
  assert.equal(asDevice.code, 3);
  assert.match(
    asDevice.stderr,
    /device-2 is a device and may not use [a-z-]+ \[ROLE_FORBIDDEN\]\n.*pkitool --add-operator NAME/,
  );
  const asViewer = await sandbox.ctlAs("watcher", "set-desired-state", "--file", "state.yaml");
  assert.match(
    asViewer.stderr,
    /watcher is a viewer and may not use [a-z-]+ \[ROLE_FORBIDDEN\]\n.*pkitool --add-operator NAME/,
  );
  assert.equal((await sandbox.ctlAs("watcher", "list-devices")).code, 0);
  assert.equal((await sandbox.ctlAs("device-1", "list-devices")).code, 3);
  assert.equal(
    (await sandbox.ctlOk("get-device", "--id", "device-1", "--output", "json")).includes('"desired": null'),
    true,
  );

  const asAgent = await sandbox.run("jamesc", [
    ...sandbox.agentFlags("device-1", []),
    ...sandbox.credentials("admin"),
    "--once",
  ]);
  assert.notEqual(asAgent.code, 0);
  assert.match(asAgent.stderr, /operator/);
});

test("operators of a part of the fleet, by certificate and by configuration, change that and see all", async () => {
  await using sandbox = await Sandbox.create(["device-1", "device-2"]);
  for (const more of [["alice", "--scope", "devices=given:lab&packets=acme-"], ["bob"]]) {
    const made = await sandbox.run("pkitool", ["--dir", sandbox.path("pki"), "--add-operator", ...more]);
    assert.equal(made.code, 0, made.stderr);
  }
  const config = sandbox.write(
    "jamesd.yaml",
    'scopes:\n  bob:\n    devices: [given:lab]\n    packets: ["*"]\n',
  );
  await sandbox.startServer("--config", config);
  for (const id of ["device-1", "device-2"]) await sandbox.runAgentOnce(id);
  await sandbox.ctlOk("tag-device", "--id", "device-1", "--add", "lab");
  assert.match(
    (await sandbox.ctlAs("alice", "whoami")).stdout,
    /scope:\n {2}devices:\n {2}- given:lab\n {2}packets:\n {2}- acme-\n/,
  );
  assert.doesNotMatch(await sandbox.ctlOk("whoami"), /scope/);
  const done = ({ code, stderr }: ProgramResult): void => assert.equal(code, 0, stderr);
  const archive = await sandbox.pack("app", { "opt/app": "app" });
  const add = (who: string, name: string) =>
    sandbox.ctlAs(who, "add-packet", "--name", name, "--data", archive, "--tags", "v1");
  done(await add("alice", "acme-app"));
  const refused = await add("alice", "vpn");
  assert.equal(refused.code, 3);
  assert.match(
    refused.stderr,
    /the packet vpn is beyond the scope of alice: .*acme- \[SCOPE_EXCEEDED\]\n.*hint: An operator of the whole fleet/,
  );
  done(await add("bob", "vpn"));
  const wish = (who: string, id: string, app: string) => {
    sandbox.write(`${id}.yaml`, `id: ${id}\napps:\n  - name: ${app}\n    tags: [v1]\n`);
    return sandbox.ctlAs(who, "set-desired-state", "--file", `${id}.yaml`);
  };
  done(await wish("alice", "device-1", "acme-app"));
  done(await wish("bob", "device-1", "vpn"));
  for (const who of ["alice", "bob"])
    assert.match(
      (await wish(who, "device-2", "acme-app")).stderr,
      new RegExp(
        `device-2 is beyond the scope of ${who}: given:lab does not hold for it \\[SCOPE_EXCEEDED\\]`,
      ),
    );
  const broken = sandbox.write("broken.yaml", "scopes:\n  bob:\n    packets: [acme-]\n");
  const server = await sandbox.run("jamesd", ["--config", broken, "--data", sandbox.path("other")]);
  assert.equal(server.code, 2);
  assert.match(server.stderr, /scopes in the configuration file: bob.*SCOPE_INVALID/);
});

test("certificates of another CA, expired ones and none at all are refused, in words", {
  skip: requireTool("openssl"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await using other = await Sandbox.create(["device-1"]);
  const server = await sandbox.startServer();

  const flags = ["--server", `127.0.0.1:${sandbox.port}`, "--ca", sandbox.path("pki/ca.crt")];
  const foreign = ["--cert", other.path("pki/admin.crt"), "--key", other.path("pki/admin.key")];
  const refused = await sandbox.run("jamesd-ctl", ["list-devices", ...flags, ...foreign]);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /not issued by the CA|refused our certificate/);
  assert.doesNotMatch(refused.stderr, /\n {4}at /, "no stack trace");

  await expiredCertificate(sandbox);
  const expired = await sandbox.ctlAs("late", "list-devices");
  assert.equal(expired.code, 3);
  assert.match(expired.stderr, /expired/);

  const bare = await runProgram(
    [
      "openssl",
      "s_client",
      "-connect",
      `127.0.0.1:${sandbox.port}`,
      "-CAfile",
      sandbox.path("pki/ca.crt"),
      "-quiet",
    ],
    {
      input: "GET /v1/devices HTTP/1.1\r\nHost: jamesd\r\n\r\n",
    },
  );
  assert.doesNotMatch(bare.stdout, /HTTP\/1.1/, "no answer without a certificate");
  assert.ok(server.isRunning);
});

async function expiredCertificate(sandbox: Sandbox): Promise<void> {
  const sign = [
    "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pki/late.key -subj /CN=late/OU=operator -out late.csr",
    "openssl x509 -req -in late.csr -CA pki/ca.crt -CAkey pki/ca.key -days -1 -out pki/late.crt",
  ].join(" && ");
  const { code, stderr } = await runProgram(["sh", "-c", sign], { cwd: sandbox.dir });
  assert.equal(code, 0, stderr);
}

test("a person's own CA, made with plain openssl, works with roles from the configuration", {
  skip: requireTool("openssl"),
}, async () => {
  await using sandbox = await Sandbox.create();
  const lines = [
    "mkdir own && cd own",
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=own-ca",
    ...["jamesd", "alice", "bob", "device-9"].flatMap((name) => [
      `openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`,
      `printf 'subjectAltName=DNS:${name}\\n${name === "jamesd" ? "extendedKeyUsage=serverAuth\\n" : ""}' > ${name}.ext`,
      `openssl x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile ${name}.ext -out ${name}.crt`,
    ]),
  ];
  const made = await runProgram(["sh", "-ec", lines.join("\n")], { cwd: sandbox.dir });
  assert.equal(made.code, 0, made.stderr);
  const own = (name: string) => [
    "--ca",
    sandbox.path("own/ca.crt"),
    "--cert",
    sandbox.path(`own/${name}.crt`),
    "--key",
    sandbox.path(`own/${name}.key`),
  ];
  await sandbox.startServer(...own("jamesd"), "--operators", "alice", "--viewers", "bob");
  const agent = await sandbox.run("jamesc", [
    ...sandbox.agentFlags("device-9", ["a"]),
    ...own("device-9"),
    "--once",
  ]);
  assert.equal(agent.code, 0, agent.stderr);

  const ctl = (name: string, ...args: string[]) =>
    sandbox.run("jamesd-ctl", [...args, "--server", `127.0.0.1:${sandbox.port}`, ...own(name)]);
  assert.match((await ctl("bob", "list-devices")).stdout, /device-9/);
  sandbox.write("state.yaml", "id: device-9\napps: []\n");
  assert.equal((await ctl("alice", "set-desired-state", "--file", "state.yaml")).code, 0);
  assert.equal((await ctl("bob", "set-desired-state", "--file", "state.yaml")).code, 3);
});

test("a server with a client's certificate is not believed, and a wrong server name neither", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  const server = sandbox.start("jamesd", [
    "--addr",
    `127.0.0.1:${sandbox.port}`,
    "--data",
    sandbox.path("data"),
    ...sandbox.credentials("device-1"),
  ]);
  const { code, stderr } = await server.ended;
  assert.equal(code, 3);
  assert.match(stderr, /server/);

  await sandbox.startServer();
  const wrongName = await sandbox.ctl("list-devices", "--server-name", "elsewhere");
  assert.equal(wrongName.code, 3);
  assert.match(wrongName.stderr, /SERVER_IDENTITY/);
  const agent = sandbox.startAgent("device-1", ["a"], "--server-name", "elsewhere");
  await waitFor("the agent to complain", () => (agent.stderr.includes("SERVER_IDENTITY") ? true : undefined));
});

test("what a device reports neither steers an operator's terminal nor looks like a line of ours", async () => {
  await using sandbox = await Sandbox.create(["evil"]);
  await sandbox.startServer();
  const digest = stateDigest({ systemtags: [], apps: [] });
  const steering = "\u001b]0;x\u0007\u009b31m\u202e\r\nadmin: all is well";
  const agent = steering;
  await checkIn(sandbox, "evil", { digest, agent, state: { systemtags: [], apps: [] } });
  sandbox.write("state.yaml", "id: evil\napps: []\n");
  await sandbox.ctlOk("set-desired-state", "--file", "state.yaml");
  const { target } = JSON.parse(await sandbox.ctlOk("get-device", "--id", "evil", "--output", "json"));
  const report = (attempt: number) => {
    const step = { kind: "script", script: "prerm", app: "vpn", packet: digest };
    const run = { app: "vpn", script: "prerm", exitCode: 3, signal: null, durationMs: 1, undo: false };
    const error = { code: "SCRIPT_FAILED", message: steering, hint: steering, step };
    const end = { outcome: "stuck", started: 0, durationMs: 1, attempt };
    const scripts = [{ ...run, output: steering }];
    return { digest, transaction: { id: "t", target, revision: 1, ...end, scripts, error } };
  };
  await checkIn(sandbox, "evil", report(1));

  for (const command of ["get-device", "describe", "device-log"])
    for (const output of ["yaml", "json", "table"]) {
      const { code, stdout } = await sandbox.ctl(command, "--id", "evil", "--output", output);
      assert.equal(code, 0);
      assertHarmless(stdout);
    }
  const retry = sandbox.startCtl("retry", "--id", "evil", "--wait");
  await retry.says("pending");
  await checkIn(sandbox, "evil", { digest });
  await checkIn(sandbox, "evil", report(2));
  const { code, stdout, stderr } = await retry.ended;
  assert.equal(code, 4, stderr);
  assert.match(stderr, /31m/);
  assertHarmless(stdout + stderr);
});

test("what the server writes is its user's alone, also in a folder that others may enter, and as an old one left it", {
  skip: requireTool("tar", "xz"),
}, async () => {
  const umask = process.umask(0o022);
  try {
    await using sandbox = await Sandbox.create(["device-1"]);
    const [data, backup] = [sandbox.path("data"), sandbox.path("backup")];
    for (const folder of [data, backup]) mkdirSync(folder);
    await sandbox.startServer();
    await sandbox.runAgentOnce("device-1", ["a"]);
    const archive = await sandbox.pack("vpn", { "opt/vpn": "1\n" });
    await sandbox.ctlOk("add-packet", "--name", "vpn", "--data", archive);
    assert.equal((await sandbox.run("jamesd", ["backup", "--data", data, "--output", backup])).code, 0);
    for (const folder of [data, backup]) assert.deepEqual(openToOthers(folder), []);

    await sandbox.stopServer("SIGKILL");
    for (const name of ["jamesd.db", "jamesd.db-wal", "jamesd.db-shm"])
      chmodSync(sandbox.path("data", name), 0o644);
    await sandbox.startServer();
    assert.deepEqual(openToOthers(data), []);
  } finally {
    process.umask(umask);
  }
});

/** The paths in a folder that others than their owner may do something with. */
function openToOthers(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  assert.ok(names.includes("jamesd.db"));
  return names.filter((name) => (lstatSync(join(folder, name)).mode & 0o077) !== 0);
}

function assertHarmless(text: string): void {
  assert.doesNotMatch(text, /[^\P{C}\n]/u);
  assert.doesNotMatch(text, /^admin: all is well/m);
}

/** A check-in as no agent of ours would send it. */
async function checkIn(sandbox: Sandbox, device: string, body: object): Promise<unknown> {
  const [ca, cert, key] = ["ca.crt", `${device}.crt`, `${device}.key`].map((name) =>
    readFileSync(sandbox.path("pki", name)),
  );
  const options = { host: "127.0.0.1", port: sandbox.port, servername: "jamesd", ca, cert, key };
  const headers = { "content-type": "application/json" };
  const sent = request({ ...options, method: "POST", path: "/v1/checkin", headers, agent: false });
  sent.end(JSON.stringify(body));
  const [answer] = await once(sent, "response");
  assert.ok([200, 204].includes(answer.statusCode));
  return answer.statusCode === 200 ? json(answer) : undefined;
}
