import assert from "node:assert/strict";
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, requireTool, runProgram, Sandbox, waitFor } from "@jamesd/testkit";
import { debFiles } from "../architectures/debian.ts";

/** A device: Debian's name of its architecture, and what it says of itself. */
const DEVICES = [
  { id: "device-1", debian: "amd64", tags: ["x86_64", "glibc-2.36", "systemd"] },
  { id: "device-2", debian: "arm64", tags: ["aarch64", "glibc-2.36", "systemd"] },
  { id: "device-3", debian: "armhf", tags: ["armv7l", "glibc-2.36", "systemd"] },
] as const;
const SCRIPTS = ["preinst", "postinst", "prerm", "postrm"];

async function shell(cwd: string, line: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram(["sh", "-ec", line], { cwd });
  assert.equal(code, 0, `${line}: ${stderr}`);
  return stdout;
}

/** Debian's openvpn for every architecture, unpacked. */
async function download(sandbox: Sandbox): Promise<void> {
  for (const { debian } of DEVICES) {
    const file = (await debFiles(debian)).get("openvpn") ?? "";
    await shell(sandbox.dir, `dpkg-deb -x ${file} ${sandbox.path(`v1-${debian}`)}`);
  }
}

/** The second version: another program, another configuration, a file less, a file more, another mode, another link. */
async function makeSecondVersion(sandbox: Sandbox, debian: string): Promise<void> {
  const [v1, v2] = [sandbox.path(`v1-${debian}`), sandbox.path(`v2-${debian}`)];
  await shell(
    sandbox.dir,
    `mkdir -p ${v1}/etc/openvpn && echo 'port 1194' > ${v1}/etc/openvpn/openvpn.conf && cp -a ${v1} ${v2}`,
  );
  appendFileSync(join(v2, "usr/sbin/openvpn"), "second version");
  writeFileSync(join(v2, "etc/openvpn/openvpn.conf"), "port 1195\n");
  await shell(
    v2,
    "rm -r usr/share/doc && mkdir -m 700 etc/openvpn/ccd && echo new > etc/openvpn/ccd/new && chmod 600 etc/openvpn/openvpn.conf && ln -s /usr/sbin/openvpn usr/sbin/ovpn",
  );
}

async function addVersion(
  sandbox: Sandbox,
  version: string,
  device: (typeof DEVICES)[number],
): Promise<void> {
  const { debian, tags } = device;
  const archive = sandbox.path(`${version}-${debian}.tar.xz`);
  await shell(sandbox.dir, `tar cfJ ${archive} -C ${sandbox.path(`${version}-${debian}`)} .`);
  for (const name of SCRIPTS)
    sandbox.write(`${version}/${name}.sh`, `#!/bin/sh\necho "${name} ${version}" >> "$JAMES_ROOT/../log"\n`);
  await sandbox.ctlOk(
    ...[
      "--cmd",
      "add-packet",
      "--name",
      "openvpn",
      "--data",
      archive,
      "--tags",
      [version, ...tags].join(","),
    ],
    ...SCRIPTS.flatMap((name) => [`--${name}`, sandbox.path(version, `${name}.sh`)]),
  );
}

async function setVersion(sandbox: Sandbox, version: string): Promise<void> {
  await Promise.all(
    DEVICES.map(({ id }) => {
      const file = sandbox.write(
        `${id}.yaml`,
        `id: ${id}\napps:\n- name: openvpn\n  tags:\n  - ${version}\n`,
      );
      return sandbox.ctlOk("--cmd", "set-desired-state", "--file", file, "--wait");
    }),
  );
}

test("Debian's openvpn for three architectures: install, upgrade, and every file, mode, owner and link is the archive's", {
  skip: requireTool("apt-get", "dpkg-deb", "tar", "xz"),
}, async () => {
  await using sandbox = await Sandbox.create(DEVICES.map(({ id }) => id));
  await download(sandbox);
  await sandbox.startServer();
  for (const { id, tags } of DEVICES) sandbox.startAgent(id, tags);
  for (const device of DEVICES) {
    await makeSecondVersion(sandbox, device.debian);
    await addVersion(sandbox, "v1", device);
    await addVersion(sandbox, "v2", device);
  }
  await waitFor("three devices", async () =>
    JSON.parse(await sandbox.ctlOk("list-devices", "--output", "json")).length === DEVICES.length
      ? true
      : undefined,
  );
  for (const version of ["v1", "v2"]) {
    await setVersion(sandbox, version);
    for (const { id, debian } of DEVICES)
      assert.deepEqual(
        readTree(sandbox.root(id)),
        readTree(sandbox.path(`${version}-${debian}`)),
        `${version} on ${id}`,
      );
  }
  for (const { id } of DEVICES) {
    assert.deepEqual(readFileSync(sandbox.path(id, "log"), "utf8").trim().split("\n"), [
      "preinst v1",
      "postinst v1",
      "prerm v1",
      "postrm v1",
      "preinst v2",
      "postinst v2",
    ]);
    assert.ok(!existsSync(sandbox.path(id, "state/journal")));
    assert.deepEqual(readdirSync(sandbox.path(id, "state/fetched")), []);
  }
});
