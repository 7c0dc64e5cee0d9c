import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Sandbox } from "@jamesd/testkit";
import { CHECKOUT, Machine, noMachine, UNTIL } from "./machine.ts";

/** What each program is handed as credentials, and where root alone can read it. */
const CREDENTIALS = {
  jamesd: { "ca.crt": "ca.crt", "jamesd.crt": "jamesd.crt", "jamesd.key": "jamesd.key" },
  jamesc: { "ca.crt": "ca.crt", "device.crt": "device-1.crt", "device.key": "device-1.key" },
};

test("systemd starts server and agent at boot, with keys that root alone can read, and again when they hang", {
  skip: noMachine,
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  const machine = new Machine(sandbox.path("machine"), sandbox.path("changed"));
  cpSync(sandbox.path("pki"), join(machine.root, "root/pki"), { recursive: true });
  for (const name of ["jamesd", "jamesc"] as const) {
    const image = ["--root", machine.root, "--init", "systemd", "--program", `${CHECKOUT}/bin/${name}`];
    const { code, stderr } = await sandbox.run(name, ["install-service", ...image]);
    assert.equal(code, 0, stderr);
    const loaded = Object.entries(CREDENTIALS[name]).map(
      ([as, file]) => `LoadCredential=${as}:/root/pki/${file}\n`,
    );
    const unit = `[Service]\nWatchdogSec=6s\n${loaded.join("")}`;
    machine.write(`etc/systemd/system/${name}.service.d/trial.conf`, unit);
  }

  const output = await machine.run(`${UNTIL}
for unit in jamesd jamesc; do
  until_shows $unit ActiveState active
  echo "$unit is ready"
  first=$(systemctl show $unit --property WatchdogTimestampMonotonic --value)
  until_differs $unit WatchdogTimestampMonotonic "$first"
  until_shows $unit NRestarts 0
  echo "it says that it lives"
done
until_logged jamesc connected
pid=$(systemctl show jamesd --property MainPID --value)
ps --no-headers -o user= "$pid"
grep NoNewPrivs "/proc/$pid/status"
for unit in jamesd jamesc; do
  kill -STOP "$(systemctl show $unit --property MainPID --value)"
  until_shows $unit NRestarts 1
  until_shows $unit ActiveState active
  echo "$unit was started again"
  systemctl stop $unit
  systemctl show $unit --property Result --value
done
`);
  assert.deepEqual(output.split("\n"), [
    "jamesd is ready",
    "it says that it lives",
    "jamesc is ready",
    "it says that it lives",
    "jamesd",
    "NoNewPrivs:\t1",
    "jamesd was started again",
    "success",
    "jamesc was started again",
    "success",
    "",
  ]);
});
