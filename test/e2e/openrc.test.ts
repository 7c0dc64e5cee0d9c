import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { freePort, requireTool, runProgram, Sandbox, sh } from "@jamesd/testkit";
import { debFiles } from "../architectures/debian.ts";
import { BIN, noOwnFolders, ownFolders } from "./own-folders.ts";

/** What OpenRC consists of; the other packages that it needs are there. */
const OPENRC = ["openrc", "librc1", "libeinfo1", "insserv"];

/** Unpacks OpenRC, with everything but its settings below `usr`, as systems have it today. */
async function unpackOpenrc(folder: string): Promise<void> {
  const arch = execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" }).trim();
  const files = await debFiles(arch, OPENRC);
  for (const name of OPENRC) sh("dpkg-deb", "-x", files.get(name) ?? "", folder);
  const merge = "for f in bin sbin lib; do [ ! -d $f ] || { mkdir -p usr/$f && cp -a $f/. usr/$f; }; done";
  sh("sh", "-c", `cd "$1" && ${merge}`, "sh", folder);
}

/** Waits until a log has so many lines with something in them. */
const SAID = 'said() { [ "$(grep -c "$2" /var/log/$1.log)" = "$3" ]; }';

test("the scripts for OpenRC start server and agent, again when they end, and stop them", {
  skip: noOwnFolders || requireTool("apt-get", "dpkg-deb", "dpkg"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  const openrc = sandbox.path("openrc");
  await unpackOpenrc(openrc);
  const port = await freePort();
  const script = `mount -t overlay -o lowerdir=${openrc}/usr:/usr none /usr
mount -t tmpfs none /usr/local
rm -r /etc/init.d
cp -a ${openrc}/etc/. /etc
mkdir -p /run/openrc /run/lock
touch /run/openrc/softlevel
rc-update --update &>/dev/null
${SAID}
pki=${sandbox.path("pki")}
mkdir -p /etc/jamesd/pki /etc/jamesc/pki
cp $pki/ca.crt /etc/jamesc/pki
for kind in crt key; do cp $pki/device-1.$kind /etc/jamesc/pki/device.$kind; done
printf '%s\\n' JAMESC_ADDR=localhost:${port} JAMESC_INSTALL_ROOT=${sandbox.dir} > /etc/jamesc/jamesc.env
echo JAMESD_ADDR=127.0.0.1:${port} > /etc/jamesd/jamesd.env
cp $pki/{ca,jamesd}.crt /etc/jamesd/pki
${BIN}/jamesd install-service --no-start >/dev/null
install -m 600 -o jamesd $pki/jamesd.key /etc/jamesd/pki
rc-update show default | grep -o james.
rc-service --quiet jamesd start
until_true said jamesd "jamesd is ready" 1
${BIN}/jamesc install-service >/dev/null
until_true said jamesc connected 1
for service in jamesd jamesc; do rc-service --nocolor $service status 2>&1 | grep -o started; done
kill -KILL $(pgrep -u root -x 'MainThread|node')
until_true said jamesc connected 2
rc-service --quiet jamesc restart
until_true said jamesc connected 3
kill -KILL $(pgrep -u jamesd -x 'MainThread|node')
until_true said jamesd "jamesd is ready" 2
rc-service --quiet jamesd reload
until_true said jamesd "read the certificates again" 1
stat -c '%U %a' /var/lib/jamesd
for service in jamesd jamesc; do
  ${BIN}/$service uninstall-service >/dev/null
  ls /etc/init.d /etc/runlevels/* | grep $service || echo "nothing is left"
done
pgrep -x 'supervise-daemo|MainThread|node' || echo "nothing runs"
`;
  const { code, stdout, stderr } = await runProgram(ownFolders(sandbox, script), { env: process.env });
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(stdout.split("\n"), [
    ...["jamesd", "started", "started", "jamesd 700"],
    ...["nothing is left", "nothing is left", "nothing runs", ""],
  ]);
});
