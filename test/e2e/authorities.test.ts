import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, requireTool, runProgram, Sandbox, waitFor } from "@jamesd/testkit";
import { joinOnce, startJoining } from "./joining.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const TEXT = readFileSync(join(REPOSITORY, "docs/authorities.md"), "utf8");
const skip = requireTool("openssl");

/** The blocks of commands of a chapter, as the text has them. */
function commands(chapter: string): readonly string[] {
  const text = TEXT.split("\n## ").find((part) => part.startsWith(`${chapter}\n`)) ?? "";
  return [...text.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
}

/** Runs commands in the sandbox's folder, as a person whose certificate is in this folder there. */
async function run(sandbox: Sandbox, block: string | undefined, who: string, pki = "pki"): Promise<void> {
  assert.ok(block);
  const [ca, cert, key] = ["ca.crt", `${who}.crt`, `${who}.key`].map((file) => sandbox.path(pki, file));
  const { code, stderr } = await runProgram(["timeout", "120", "bash", "-euo", "pipefail", "-c", block], {
    cwd: sandbox.dir,
    env: {
      ...process.env,
      PATH: [join(REPOSITORY, "bin"), process.env.PATH].join(delimiter),
      ...{ JAMESD_SERVER: `127.0.0.1:${sandbox.port}`, JAMESD_CA: ca, JAMESD_CERT: cert, JAMESD_KEY: key },
    },
  });
  assert.equal(code, 0, stderr);
}

function issuerOf(sandbox: Sandbox, device: string): string {
  const text = readFileSync(sandbox.path(device, "state/identity.json"), "utf8");
  return new X509Certificate((JSON.parse(text) as { certificate: string }).certificate).issuer;
}

test("both authorities are replaced by the commands of the docs, under a device that goes on", {
  skip,
}, async () => {
  await using sandbox = await Sandbox.create();
  const joining = await startJoining(sandbox);
  const flags = joining.flags("device-1");
  const joined = await joinOnce(sandbox, flags, await joining.token("--id", "device-1"));
  assert.equal(joined.code, 0, joined.stderr);
  const first = issuerOf(sandbox, "device-1");
  const agent = sandbox.start("jamesc", flags);
  await run(sandbox, commands("Another device CA")[0], "admin");
  const next = new X509Certificate(readFileSync(sandbox.path("pki-next/device-ca.crt"))).subject;
  assert.notEqual(next, first);
  assert.equal(issuerOf(sandbox, "device-1"), next);

  await run(sandbox, commands("Another CA of the server")[0], "admin");
  await sandbox.stopServer();
  await startJoining(sandbox);
  // It knows the new one, by what it was given with its last certificate.
  await waitFor("the device to be connected again", async () => {
    const [device] = JSON.parse(await sandbox.ctlOk("list-systems", "--output", "json"));
    return (device as { connected: boolean }).connected || undefined;
  });
  await agent.stop();
});

test("a fleet is set up and renewed with openssl alone, by the commands of the docs", { skip }, async () => {
  await using sandbox = await Sandbox.create();
  const [setUp, sign] = commands("Everything with openssl");
  await run(sandbox, setUp, "alice", ".");
  const enrollAddress = `127.0.0.1:${await freePort()}`;
  const file = (name: string) => sandbox.path(name);
  const server = sandbox.start("jamesd", [
    ...["--addr", `127.0.0.1:${sandbox.port}`, "--data", file("data"), "--enroll-addr", enrollAddress],
    ...["--ca", file("ca.crt"), "--cert", file("jamesd.crt"), "--key", file("jamesd.key")],
    ...["--device-ca", file("device-ca.crt")],
  ]);
  await server.says("ready");
  mkdirSync(file("board-17/root"), { recursive: true });
  const agent = sandbox.start("jamesc", [
    ...["--addr", `127.0.0.1:${sandbox.port}`, "--enroll-addr", enrollAddress, "--server-name", "jamesd"],
    ...["--state-dir", file("board-17/state"), "--install-root", file("board-17/root")],
    ...["--enroll-queue", "--ca", file("ca.crt"), "--id", "board-17", "--system-tags", "x"],
  ]);
  await waitFor("the device to wait", async () => {
    const printed = await runProgram(
      ["bash", "-c", `${join(REPOSITORY, "bin/jamesd-ctl")} list-enrollments`],
      {
        env: {
          ...process.env,
          ...{ JAMESD_SERVER: `127.0.0.1:${sandbox.port}`, JAMESD_CA: file("ca.crt") },
          ...{ JAMESD_CERT: file("alice.crt"), JAMESD_KEY: file("alice.key") },
        },
      },
    );
    return printed.stdout.includes("board-17") || undefined;
  });
  await run(sandbox, sign, "alice", ".");
  await waitFor(
    "the device to have joined",
    async () => existsSync(file("board-17/state/identity.json")) || undefined,
  );
  assert.equal(issuerOf(sandbox, "board-17"), "CN=fleet-devices");
  await agent.stop();
  await server.stop();
});
