import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { keyFingerprint } from "@jamesd/pki";
import { Sandbox, waitFor } from "@jamesd/testkit";
import { clockIn, needsFaketime } from "./faketime.ts";
import { joinOnce, startJoining } from "./joining.ts";

test("a device joins with a token, is in the fleet with its tags, and needs nothing else from then on", async () => {
  await using sandbox = await Sandbox.create();
  const joining = await startJoining(sandbox);
  const token = await joining.token("--tags", "canary");
  const joined = await joinOnce(sandbox, joining.flags("board-1"), token);
  assert.equal(joined.code, 0, joined.stderr);
  assert.match(joined.stderr, /"device":"board-1".*"msg":"joined"/);
  assert.doesNotMatch(joined.stderr, /"level":"(warn|error)"/);
  const file = sandbox.path("board-1/state/identity.json");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(existsSync(sandbox.path("board-1/state/identity-next.json")), false);
  assert.match(await sandbox.ctlOk("describe", "--id", "board-1"), /canary/);

  const before = readFileSync(file, "utf8");
  const again = await joinOnce(sandbox, joining.flags("board-1"), token);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /this device has joined already/);
  assert.equal(readFileSync(file, "utf8"), before);

  const data = await sandbox.pack("app", { "opt/app": "1\n" });
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", data);
  const wish = sandbox.write("wish.yaml", "id: board-1\napps:\n- name: app\n");
  await sandbox.ctlOk("set-desired-state", "--file", wish);
  const { code, stderr } = await sandbox.runAgentOnce("board-1", ["x"]);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(`${sandbox.root("board-1")}/opt/app`, "utf8"), "1\n");
  // As an update of the agent asks it.
  assert.equal((await sandbox.run("jamesc", ["self-test", ...joining.flags("board-1")])).code, 0);
  const printed = await sandbox.run("jamesc", ["status", ...joining.flags("board-1"), "--output", "json"]);
  const { identity } = JSON.parse(printed.stdout);
  assert.deepEqual([identity.device, identity.certificate], ["board-1", file]);
});

test("who may not join is told why, and nothing is kept of it but the request", async () => {
  await using sandbox = await Sandbox.create();
  const joining = await startJoining(sandbox);
  const token = await joining.token();
  const flags = joining.flags("board-1");
  const inFile = ["--enroll-token-file", sandbox.write("token", `${token}\n`), "--once"];
  // Before its one use is gone.
  const wrong = await sandbox.run("jamesc", [...flags, ...inFile, "--install-root", "/nowhere"]);
  assert.match(wrong.stderr, /install-root/);
  assert.equal(existsSync(sandbox.path("board-1/state/identity.json")), false);
  const { code, stderr } = await sandbox.run("jamesc", [...flags, ...inFile]);
  assert.equal(code, 0, stderr);

  const other = joining.flags("board-2");
  const refused = async (given: readonly string[], secret: string, said: RegExp) => {
    const { code, stderr } = await joinOnce(sandbox, given, secret);
    assert.notEqual(code, 0);
    assert.match(stderr, said);
    assert.equal(existsSync(sandbox.path("board-2/state/identity.json")), false);
  };
  await refused(other, token, /\[ENROLLMENT_REFUSED\]/);
  await refused(other, "no.token", /it is not a token of jamesd-ctl enroll-token.*\[USAGE\]/s);
  const [id, secret] = token.split(".");
  const stranger = `${id}.${secret}.${"A".repeat(43)}`;
  await refused(other, stranger, /is not the server that made this token.*\[SERVER_IDENTITY\]/s);
  const main = [...other, "--enroll-addr", `127.0.0.1:${sandbox.port}`];
  await refused(main, token, /wants a certificate, and is no listener for joining.*--enroll-addr/s);
  await refused([...other, "--enroll-addr", "127.0.0.1:1"], token, /cannot reach 127\.0\.0\.1:1/);
  await refused([...other, "--id", "a/b"], token, /cannot be the name of a certificate/);
  const noPki = await sandbox.run("jamesc", [...other, "--enroll-token-file", "/nowhere", "--once"]);
  assert.match(noPki.stderr, /cannot read the token in \/nowhere/);
});

test("without a token a device waits for an operator, also when it is killed meanwhile, and goes on as an agent", async () => {
  await using sandbox = await Sandbox.create();
  const joining = await startJoining(sandbox);
  const flags = [...joining.flags("board-1"), "--enroll-queue"];
  const once = await sandbox.run("jamesc", [...flags, "--once"]);
  assert.match(once.stderr, /nobody has decided yet: its key is [0-9a-f]{64}.*\[ENROLLMENT_WAITING\]/s);
  const [, key = ""] = /its key is ([0-9a-f]{64})/.exec(once.stderr) ?? [];
  const first = sandbox.start("jamesc", flags);
  await first.says(key);
  await first.stop("SIGKILL");
  const status = await sandbox.run("jamesc", ["status", ...flags, "--output", "json"]);
  assert.equal(JSON.parse(status.stdout).identity.request.key, key);

  const listed = JSON.parse(await sandbox.ctlOk("list-enrollments", "--output", "json"));
  assert.equal(listed.length, 1);
  await sandbox.ctlOk("approve", "--id", "board-1");
  const agent = sandbox.start("jamesc", flags);
  await agent.says("joined");
  await agent.says("connected");
  await waitFor("the device to be listed", async () =>
    (await sandbox.ctlOk("list-systems")).includes("board-1") ? true : undefined,
  );
  const { code } = await agent.stop();
  assert.equal(code, 0);
});

test("a device joins with the key that it came with, which an operator has let in before", async () => {
  await using sandbox = await Sandbox.create();
  const joining = await startJoining(sandbox);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  const fingerprint = keyFingerprint(createPublicKey(privateKey));
  await sandbox.ctlOk("preauthorize", "--id", "board-1", "--key-fingerprint", fingerprint);
  const file = ["--key", sandbox.write("factory.key", key)];
  const flags = [...joining.flags("board-1"), ...file, "--enroll-queue", "--once"];
  const { code, stderr } = await sandbox.run("jamesc", flags);
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(readFileSync(sandbox.path("board-1/state/identity.json"), "utf8")).key, key);
});

test("a device whose clock is not set joins when it is", { skip: needsFaketime }, async () => {
  await using sandbox = await Sandbox.create();
  const joining = await startJoining(sandbox);
  const clock = sandbox.write("clock", "@1970-01-02 00:00:00\n");
  const token = ["--enroll-token-file", sandbox.write("token", await joining.token())];
  const agent = sandbox.start("jamesc", [...joining.flags("board-1"), ...token], clockIn(clock));
  await agent.says("and this machine's clock says 1970-01-02");
  sandbox.write("clock", "+0\n");
  await agent.says("joined");
  await agent.says("connected");
});
