import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, requireTool, runProgram, Sandbox } from "@jamesd/testkit";
import { BIN, noOwnFolders, ownFolders } from "./own-folders.ts";

const skip = noOwnFolders || requireTool("start-stop-daemon");

test("the script for System V init starts the server, again when it ends, and stops it", {
  skip,
}, async () => {
  await using sandbox = await Sandbox.create();
  const program = join(BIN, "jamesd");
  const script = `${program} install-service --init sysv --no-start >/dev/null
cp ${sandbox.path("pki")}/{ca,jamesd}.crt /etc/jamesd/pki
install -m 600 -o jamesd ${sandbox.path("pki")}/jamesd.key /etc/jamesd/pki
echo JAMESD_ADDR=127.0.0.1:${await freePort()} > /etc/jamesd/jamesd.env
said() { [ "$(grep -c "$1" /var/log/jamesd.log)" = "$2" ]; }
/etc/rc2.d/S20jamesd start
until_true said "jamesd is ready" 1
/etc/init.d/jamesd start
/etc/init.d/jamesd status
/etc/init.d/jamesd reload
until_true said "read the certificates again" 1
server=$(pgrep -u jamesd -x MainThread || pgrep -u jamesd -x node)
kill -KILL $server
until_true said "jamesd is ready" 2
stat -c '%U %a' /var/lib/jamesd
/etc/init.d/jamesd restart
until_true said "jamesd is ready" 3
${program} uninstall-service --init sysv >/dev/null
pgrep -u jamesd || echo "nothing runs"
ls /etc/init.d /etc/rc?.d | grep jamesd || echo "nothing is left"
`;
  const { code, stdout, stderr } = await runProgram(ownFolders(sandbox, script), { env: process.env });
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(stdout.split("\n"), [
    "jamesd is running",
    "jamesd 700",
    "nothing runs",
    "nothing is left",
    "",
  ]);
});
