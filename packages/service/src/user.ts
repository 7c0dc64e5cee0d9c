import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { JamesError } from "@jamesd/model";

/** Whether a machine or image has a user of this name. */
export function hasUser(root: string, name: string): boolean {
  try {
    return readFileSync(join(root, "etc/passwd"), "utf8")
      .split("\n")
      .some((line) => line.startsWith(`${name}:`));
  } catch {
    return false;
  }
}

/** Makes a user for a service, with a group of its own and without a shell. @throws JamesError SERVICE_FAILED */
export function makeUser(root: string, name: string, home: string): void {
  const where = root === "/" ? [] : ["--prefix", root];
  const shadow = ["--system", "--user-group", "--no-create-home", "--home-dir", home, ...where];
  // That of BusyBox knows no images.
  const ways = [
    ["useradd", "--shell", "/usr/sbin/nologin", ...shadow, name],
    ...(root === "/" ? [["adduser", "-S", "-D", "-H", "-h", home, "-s", "/sbin/nologin", name]] : []),
  ];
  const failures = ways.map(([program = "", ...args]) => {
    const { status, error, stderr } = spawnSync(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    return status === 0 ? undefined : (error?.message ?? stderr.toString().trim());
  });
  if (failures.includes(undefined)) return;
  throw new JamesError("SERVICE_FAILED", `cannot make the user ${name}: ${failures[0]}`, {
    hint: `Run it as root, or make the user ${name} yourself and run it again.`,
  });
}
