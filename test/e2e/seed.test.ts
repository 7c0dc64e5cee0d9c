import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { readTree, requireTool, Sandbox, waitFor } from "@jamesd/testkit";

const DEVICE_TAGS = ["armv7l", "glibc-2.23", "systemd"];

// Each script notes that it ran, where the seed's order can be read from afterwards.
function script(name: string, version: string): string {
  return `echo "${name} ${version}" >> "$JAMES_ROOT/../log"\n`;
}

function openvpn(version: string) {
  return {
    "etc/openvpn/openvpn.conf": `# ${version}\n`,
    "etc/systemd/system/openvpn.service": "[Service]\nExecStart=/usr/bin/openvpn\n",
    "etc/systemd/system/multi-user.target.wants/openvpn.service": {
      link: "/etc/systemd/system/openvpn.service",
    },
    "usr/bin/openvpn": { text: `#!/bin/sh\necho ${version}\n`, mode: 0o755 },
    ...(version === "v0.9.9" && { "usr/share/openvpn/only-in-the-old-one": "old\n" }),
  };
}

async function addOpenvpn(sandbox: Sandbox, version: string): Promise<void> {
  const data = await sandbox.pack(`openvpn-${version}`, openvpn(version));
  const scripts = ["preinst", "postinst", "prerm", "postrm"];
  for (const name of scripts) sandbox.write(`${version}/${name}.sh`, script(name, version));
  await sandbox.ctlOk(
    ...[
      "--cmd",
      "add-packet",
      "--name",
      "openvpn",
      "--data",
      data,
      "--tags",
      `${version},${DEVICE_TAGS.join(",")}`,
    ],
    ...scripts.flatMap((name) => [`--${name}`, sandbox.path(version, `${name}.sh`)]),
  );
}

test("the seed's walk-through, as it is written", { skip: requireTool("tar", "xz") }, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  sandbox.startAgent("device-1", DEVICE_TAGS);
  await waitFor(
    "the device to check in",
    async () => (await sandbox.ctl("get-state", "--id", "device-1")).code === 0 || undefined,
  );
  await addOpenvpn(sandbox, "v0.9.9");
  await addOpenvpn(sandbox, "v1.0.0");

  sandbox.write(
    "state.yaml",
    "id: device-1\nsystemtags:\n- armv7l\n- glibc-2.23\n- systemd\napps:\n- name: openvpn\n  tags:\n  - v0.9.9\n",
  );
  await sandbox.ctlOk("--cmd", "set-desired-state", "--file", "state.yaml", "--wait");
  const state = await sandbox.ctlOk("--cmd", "get-state", "--id", "device-1");
  assert.equal(
    state,
    readFileSync(sandbox.path("state.yaml"), "utf8"),
    "get-state prints what the seed shows",
  );
  assertInstalled(sandbox, "v0.9.9");

  writeFileSync(sandbox.path("state.yaml"), state.replace("v0.9.9", "v1.0.0"));
  await sandbox.ctlOk("--cmd", "set-desired-state", "--file", "state.yaml", "--wait");
  assertInstalled(sandbox, "v1.0.0");
  assert.deepEqual(readFileSync(sandbox.path("device-1/log"), "utf8").trim().split("\n"), [
    "preinst v0.9.9",
    "postinst v0.9.9",
    "prerm v0.9.9",
    "postrm v0.9.9",
    "preinst v1.0.0",
    "postinst v1.0.0",
  ]);

  writeFileSync(sandbox.path("state.yaml"), "id: device-1\napps: []\n");
  await sandbox.ctlOk("set-desired-state", "--file", "state.yaml", "--wait");
  assert.deepEqual(readTree(sandbox.root("device-1")), {}, "what came is gone, directories as well");
});

function assertInstalled(sandbox: Sandbox, version: string): void {
  assert.deepEqual(readTree(sandbox.root("device-1")), readTree(sandbox.path(`openvpn-${version}-root`)));
}
