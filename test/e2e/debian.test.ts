import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { requireTool, runProgram, Sandbox } from "@jamesd/testkit";
import { type Content, writePackage } from "../../scripts/debian/package.ts";
import { debianPackages } from "../../scripts/debian/packages.ts";
import { Machine, noMachine, UNTIL } from "./machine.ts";

const PACK = fileURLToPath(new URL("../../scripts/pack.ts", import.meta.url));

/** What there is on a machine, as a script of bash; what useradd and others leave of each file that they change is the system's. */
const LIST = "find /etc /usr /var/lib -path /var/lib/dpkg -prune -o -name '*-' -o -print | sort";

/** The programs with a Node in them. */
const WITH_NODE = ["usr/lib/jamesd/node", "usr/bin/jamesc"];
const SMALL: Content = { from: "/bin/true" };

/** The packages with a small program in the place of each Node, of whose 120 MB lintian would look at every byte to say what is overridden. */
async function packagesToLint(bundles: string, folder: string): Promise<readonly string[]> {
  const out = join(folder, "lint");
  mkdirSync(out);
  const packages = await debianPackages(process.arch, bundles);
  return packages.map((made) => {
    const small = WITH_NODE.filter((path) => path in made.files).map((path) => [path, SMALL]);
    assert.equal(small.length, 1, made.name);
    return writePackage({ ...made, files: { ...made.files, ...Object.fromEntries(small) } }, folder, out);
  });
}

test("the Debian packages are sound, are services once they have keys, and leave nothing when they are purged", {
  skip: noMachine || requireTool("dpkg-deb", "lintian", "adduser"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  const packed = await runProgram([process.execPath, PACK, "--only", "deb", "--out", sandbox.path("dist")], {
    env: process.env,
  });
  assert.equal(packed.code, 0, packed.stderr);
  const packages = readdirSync(sandbox.path("dist"))
    .sort()
    .filter((name) => name.endsWith(".deb"))
    .map((name) => sandbox.path("dist", name));
  const looked = await packagesToLint(sandbox.path("dist/npm"), sandbox.dir);
  const checked = runProgram(["lintian", "--allow-root", "--fail-on", "error", ...looked], {
    env: process.env,
  });

  const machine = new Machine(sandbox.path("machine"), sandbox.path("changed"));
  cpSync(sandbox.path("pki"), join(machine.root, "root/pki"), { recursive: true });
  for (const path of packages)
    cpSync(path, join(machine.root, "root", path.slice(sandbox.path("dist").length)));
  const output = await machine.run(`${UNTIL}
# An image for containers lets packages start and stop nothing.
rm -f /usr/sbin/policy-rc.d
${LIST} > /before
dpkg --install /root/*.deb > /installed 2>&1 || cat /installed
systemd-analyze verify jamesd.service jamesc.service
for unit in jamesd jamesc; do echo "$unit is $(systemctl is-enabled $unit) and $(systemctl is-active $unit)"; done
install -m 644 /root/pki/{ca,jamesd}.crt /etc/jamesd/pki
install -m 600 -o jamesd /root/pki/jamesd.key /etc/jamesd/pki
install -m 644 /root/pki/ca.crt /etc/jamesc/pki
install -m 644 /root/pki/device-1.crt /etc/jamesc/pki/device.crt
install -m 600 /root/pki/device-1.key /etc/jamesc/pki/device.key
systemctl start jamesd jamesc
until_logged jamesc connected
before=$(systemctl show jamesd --property MainPID --value)
dpkg --install --force-confold /root/*.deb > /installed 2>&1 || cat /installed
until_differs jamesd MainPID "$before"
until_shows jamesd ActiveState active
until_logged jamesc connected
echo "they go on after an upgrade"
jamesd-ctl --version
pkitool --version
dpkg --purge jamesd jamesc > /purged 2>&1 || cat /purged
${LIST} > /after
diff /before /after
grep jamesd /etc/passwd /etc/group || echo "nothing is left"
`);
  const { version } = JSON.parse((await runProgram(["cat", join(PACK, "../../package.json")])).stdout);
  assert.deepEqual(output.split("\n"), [
    "jamesd is enabled and inactive",
    "jamesc is enabled and inactive",
    "they go on after an upgrade",
    version,
    version,
    "nothing is left",
    "",
  ]);
  const { code, stdout } = await checked;
  assert.equal(code, 0, stdout);
});
