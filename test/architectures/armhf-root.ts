import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cached, keep, sh } from "@jamesd/testkit";
import { debFiles } from "./debian.ts";
import { runWithArm } from "./namespace.ts";

// It makes no devices in a container, where it could not.
const SECOND_STAGE = `container=lxc chroot "$1" /debootstrap/debootstrap --second-stage`;

/** A Debian of 32-bit ARM, made by debootstrap once, with what openvpn needs; to be copied, not changed. */
export function armhfRoot(): Promise<string> {
  return keep(cached("debian", "root-armhf"), async (root) => {
    const names = [...(await debFiles("armhf")).keys()].filter((name) => name !== "openvpn");
    const { suite, mirror } = release();
    const flags = ["--foreign", "--arch=armhf", "--variant=minbase", `--include=${names}`];
    sh("nice", "debootstrap", ...flags, suite, root, mirror);
    const { code, stdout, stderr } = await runWithArm(SECOND_STAGE, root);
    assert.equal(code, 0, stdout + stderr);
    sh("sh", "-c", 'rm -f "$1"/var/cache/apt/archives/*.deb', "sh", root);
  });
}

/** This machine's release of Debian, and where its packages are. */
function release(): { suite: string; mirror: string } {
  const [, suite = ""] = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8")) ?? [];
  const format = ["--format", "$(CODENAME) $(REPO_URI)", "Created-By: Packages"];
  const lines = execFileSync("apt-get", ["indextargets", ...format], { encoding: "utf8" }).split("\n");
  const [, mirror = ""] = lines.find((line) => line.startsWith(`${suite} `))?.split(" ") ?? [];
  return { suite, mirror };
}
