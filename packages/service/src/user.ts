import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { JamesError } from "@jamesd/model";
import { failureOf } from "./failure-of.ts";
import { readInImage } from "./in-image.ts";
import type { CommandLine } from "./service.ts";

/** Whether a machine or image has a user of this name. */
export function hasUser(root: string, name: string): boolean {
  try {
    return readFileSync(readInImage(root, "/etc/passwd"), "utf8")
      .split("\n")
      .some((line) => line.startsWith(`${name}:`));
  } catch {
    return false;
  }
}

/** Makes a user for a service, with a group of its own and without a shell. @throws JamesError SERVICE_FAILED */
export function makeUser(root: string, name: string, home: string): void {
  // The program that makes users would follow a link of the image on this machine, and make the user there.
  if (realpathSync(join(root, "etc")) !== realpathSync(readInImage(root, "/etc")))
    throw cannotMake(name, `on this machine, /etc of ${root} leads out of it`);
  const where = root === "/" ? [] : ["--prefix", root];
  const shadow = ["--system", "--user-group", "--no-create-home", "--home-dir", home, ...where];
  const useradd: CommandLine = ["useradd", "--shell", "/usr/sbin/nologin", ...shadow, name];
  const adduser: CommandLine = ["adduser", "-S", "-D", "-H", "-h", home, "-s", "/sbin/nologin", name];
  const why = failureOf(useradd);
  // That of BusyBox knows no images.
  if (why === undefined || (root === "/" && failureOf(adduser) === undefined)) return;
  throw cannotMake(name, why);
}

function cannotMake(name: string, why: string): JamesError {
  return new JamesError("SERVICE_FAILED", `cannot make the user ${name}: ${why}`, {
    hint: `Run it as root, or make the user ${name} yourself and run it again.`,
  });
}
