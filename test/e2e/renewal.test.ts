import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import {
  injecting,
  killAtCalls,
  ONE_THREAD,
  type ProgramResult,
  programCommand,
  requireTool,
  runProgram,
  Sandbox,
  sweepTest,
} from "@jamesd/testkit";
import { clockIn, needsFaketime } from "./faketime.ts";
import { type JoiningServer, joinOnce, startJoining } from "./joining.ts";

const DEVICE = "board-1";

/** A device that has joined, and its server. */
async function withJoined(
  use: (sandbox: Sandbox, joining: JoiningServer) => Promise<void>,
  ...flags: readonly string[]
): Promise<void> {
  await using sandbox = await Sandbox.create();
  const joining = await startJoining(sandbox, ...flags);
  const joined = await joinOnce(sandbox, joining.flags(DEVICE), await joining.token());
  assert.equal(joined.code, 0, joined.stderr);
  await use(sandbox, joining);
}

/** The certificate that a device has kept. */
function certificateOf(sandbox: Sandbox, device: string): X509Certificate {
  const text = readFileSync(sandbox.path(device, "state/identity.json"), "utf8");
  return new X509Certificate((JSON.parse(text) as { certificate: string }).certificate);
}

/** The agent of a device, once, when so much time has passed there. */
function onceLater(
  sandbox: Sandbox,
  flags: readonly string[],
  clock: string,
  before: readonly string[] = [],
) {
  const env = { ...clockIn(sandbox.write("clock", `${clock}\n`)), ...ONE_THREAD };
  const command = [...before, ...programCommand("jamesc"), ...flags, "--once"];
  return runProgram(command, { cwd: sandbox.dir, env });
}

function clones(sandbox: Sandbox): Promise<string> {
  return sandbox.ctlOk("events", "--kinds", "certificate-cloned");
}

function ok({ code, stderr }: ProgramResult): void {
  assert.equal(code, 0, stderr);
}

test(
  "a certificate is renewed when it is time, and a copy of the card that comes afterwards is refused and named",
  {
    skip: needsFaketime,
  },
  () =>
    withJoined(async (sandbox, joining) => {
      const flags = joining.flags(DEVICE);
      const first = certificateOf(sandbox, DEVICE);
      ok(await onceLater(sandbox, flags, "+10d"));
      assert.equal(certificateOf(sandbox, DEVICE).serialNumber, first.serialNumber, "it has time");
      cpSync(sandbox.path(DEVICE), sandbox.path("copy"), { recursive: true });

      const renewed = await onceLater(sandbox, flags, "+70d");
      ok(renewed);
      assert.match(renewed.stderr, /the certificate was renewed/);
      const second = certificateOf(sandbox, DEVICE);
      assert.notEqual(second.serialNumber, first.serialNumber);
      assert.notDeepEqual(
        second.publicKey.export({ type: "spki", format: "der" }),
        first.publicKey.export({ type: "spki", format: "der" }),
      );
      assert.equal(await clones(sandbox), "");

      const copy = await onceLater(sandbox, [...flags, "--state-dir", sandbox.path("copy/state")], "+0");
      assert.notEqual(copy.code, 0);
      assert.match(copy.stderr, /\[CERTIFICATE_REPLACED\]/);
      assert.match(await clones(sandbox), new RegExp(first.serialNumber, "i"));
      ok(await onceLater(sandbox, flags, "+0"));
    }),
);

test("a certificate that ended while the device was off is renewed where devices join", async () => {
  await using sandbox = await Sandbox.create();
  const before = await startJoining(sandbox, "--device-lifetime", "5s");
  // It may have ended before its first check-in.
  await joinOnce(sandbox, before.flags(DEVICE), await before.token());
  const { validTo } = certificateOf(sandbox, DEVICE);
  await sandbox.stopServer();
  const joining = await startJoining(sandbox);
  await setTimeout(Math.max(0, Date.parse(validTo) + 1000 - Date.now()));
  const { code, stderr } = await sandbox.run("jamesc", [...joining.flags(DEVICE), "--once"]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /the certificate was renewed/);
  assert.ok(Date.parse(certificateOf(sandbox, DEVICE).validTo) > Date.now());
});

/** By what an identity is written and takes the place of another. */
const CALLS = ["rename", "fsync", "openat", "write"] as const;
const MOST = 40;

sweepTest(
  "killed at any call on its identity, a device goes on with one that counts",
  { skip: requireTool("strace") || needsFaketime },
  () =>
    withJoined(async (sandbox, joining) => {
      const flags = joining.flags(DEVICE);
      const files = ["identity.json", "identity-next.json", "identity-next.json.new", ""];
      const paths = files.map((file) => sandbox.path(DEVICE, "state", file));
      await killAtCalls("renewal", CALLS, { stride: 4, most: MOST, enough: 1 }, async (calls, n) => {
        const serial = certificateOf(sandbox, DEVICE).serialNumber;
        const strace = injecting(`${calls}:signal=KILL:when=${n}`, ...paths);
        const { code, signal, stderr } = await onceLater(sandbox, flags, "+70d", strace);
        const isKilled = signal === "SIGKILL" || code === 137;
        if (!isKilled) assert.equal(code, 0, stderr);
        ok(await onceLater(sandbox, flags, "+70d"));
        assert.notEqual(certificateOf(sandbox, DEVICE).serialNumber, serial, `${calls} ${n}: it is renewed`);
        assert.equal(await clones(sandbox), "", `${calls} ${n}`);
        return isKilled;
      });
    }),
);
