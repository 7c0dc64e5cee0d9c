import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { requireTool, Sandbox } from "@jamesd/testkit";
import { pino } from "pino";
import { TestServer } from "../http-server.ts";
import { scrape } from "../metrics/scraping.ts";
import { Listening } from "./listening.ts";

const SECRET = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
const DOCS = readFileSync(
  fileURLToPath(new URL("../../../../docs/observability.md", import.meta.url)),
  "utf8",
);

/** The first block of the documentation in a language that has this in it. */
function blockOf(language: string, part: string): string {
  const blocks = [...DOCS.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))];
  const found = blocks.find(([, block = ""]) => block.includes(part))?.[1];
  assert.ok(found, `${language}: ${part}`);
  return found;
}

test("a server that is killed tells again what it was telling, with one id; and the lines of the docs know it is genuine", {
  skip: requireTool("openssl", "python3"),
}, async () => {
  await using sandbox = await Sandbox.create();
  await using receiver = await Listening.start();
  const secrets = sandbox.path("webhook.secret");
  writeFileSync(secrets, `${SECRET}\n`, { mode: 0o600 });
  const flags = ["--webhook", receiver.url, "--webhook-secret-file", secrets];
  const server = await sandbox.startServer(...flags);
  receiver.answer = () => "never";
  const { code, stderr } = await sandbox.ctl("revoke", "--id", "stolen", "--reason", "lost");
  assert.equal(code, 0, stderr);
  await receiver.until(1);
  await server.stop("SIGKILL");
  receiver.answer = () => 200;
  await sandbox.startServer(...flags);
  const [before, again] = await receiver.until(2);
  assert.ok(before && again);
  assert.deepEqual([before.type, before.body], ["revoked", again.body]);
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = again.headers;
  assert.equal(id, before.headers["webhook-id"]);

  writeFileSync(sandbox.path("body.json"), again.body);
  const env = { ...process.env, webhook_id: String(id), webhook_timestamp: String(timestamp) };
  const shell = spawnSync("sh", ["-c", blockOf("sh", "openssl dgst")], {
    cwd: sandbox.dir,
    env,
    encoding: "utf8",
  });
  assert.equal(`v1,${shell.stdout.trim()}`, signature, shell.stderr);
  const headers = JSON.stringify({
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signature,
  });
  const lines = `body = open("body.json", "rb").read()\nprint(is_genuine("${SECRET}", ${headers}, body), is_genuine("${SECRET}", ${headers}, body + b" "))`;
  const program = `${blockOf("python", "is_genuine")}\n${lines}`;
  const python = spawnSync("python3", ["-c", program], { cwd: sandbox.dir, encoding: "utf8" });
  assert.equal(python.stdout, "True False\n", python.stderr);
});

test("a webhook without a secret, or with what is wrong, keeps the server from starting; its deliveries are in the metrics", async () => {
  await using receiver = await Listening.start();
  const webhook = [receiver.url];
  await assert.rejects(TestServer.start([], { webhook }), { code: "USAGE" });
  await using sandbox = await TestServer.start();
  const webhookSecretFile = `${sandbox.dataDir}/webhook.secret`;
  writeFileSync(webhookSecretFile, SECRET, { mode: 0o644 });
  const settings = { webhook, webhookSecretFile };
  await assert.rejects(TestServer.start([], { ...settings, webhookEvents: ["none"] }), { code: "USAGE" });
  await assert.rejects(TestServer.start([], { ...settings, webhook: ["http://example.com"] }), {
    code: "USAGE",
  });
  const said: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void said.push(line) });
  const telling = { ...settings, metricsAddr: "127.0.0.1:0" };
  await using server = await TestServer.start([], telling, {}, log);
  assert.match(said.join(""), /others can read or change the secret/);
  const body = { locked: { kind: "name", name: "stolen" }, reason: "" };
  assert.equal((await server.send("admin", "POST", "/v1/revocations", { body })).status, 200);
  await receiver.until(1);
  const name = `webhook="127.0.0.1:${receiver.port}"`;
  let told = await scrape(server.metricsPort);
  while (told.get(`jamesd_webhook_deliveries_total{${name},outcome="delivered"}`) !== 1)
    told = await scrape(server.metricsPort);
  assert.equal(told.get(`jamesd_webhook_behind_seconds{${name}}`), 0);
});
