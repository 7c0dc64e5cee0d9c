import { existsSync, realpathSync } from "node:fs";
import { isAbsolute } from "node:path";
import { JamesError } from "@jamesd/model";
import { readInImage } from "./in-image.ts";
import type { CommandLine } from "./service.ts";

/** Where programs of an image are looked for, in this order, as init systems do. */
const FOLDERS = ["/usr/local/bin", "/usr/bin"];

/** What starts this program as it was started itself, without its arguments. */
export function ownCommand(): CommandLine {
  const { execPath, execArgv, argv } = process;
  const script = argv[1] ?? "";
  // A single executable has there what it was called by; Node resolves the path of a script.
  const isScript =
    isAbsolute(script) && existsSync(script) && realpathSync(script) !== realpathSync(execPath);
  return isScript ? [execPath, ...execArgv, script] : [execPath];
}

/** What starts a program of an image. @throws JamesError SERVICE_FAILED when the image has none */
export function commandInImage(root: string, name: string): CommandLine {
  const found = FOLDERS.map((folder) => `${folder}/${name}`).find((path) =>
    existsSync(readInImage(root, path)),
  );
  if (found !== undefined) return [found];
  throw new JamesError("SERVICE_FAILED", `there is no ${name} in ${FOLDERS.join(" or ")} of ${root}`, {
    hint: "Put the program there first, or name its path in the image with --program.",
  });
}
