import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "@jamesd/testkit";
import { timed } from "../install/command.ts";
import { cached, keep } from "./cache.ts";

/** One version of a package of the npm registry. */
export interface Release {
  readonly name: string;
  readonly version: string;
  /** As `npm view NAME@VERSION dist.integrity` says: `sha512-` and base64. */
  readonly integrity: string;
}

/** A release's files in a folder, or, with `only`, that one of them. */
export function fetchRelease(release: Release, only?: string): Promise<string> {
  const { name, version } = release;
  return keep(cached("npm", `${name.replace("/", "-")}-${version}`), async (folder) => {
    const archive = await download(release, `${folder}-tgz`);
    mkdirSync(folder);
    const members = only === undefined ? [] : [`package/${only}`];
    await timed("tar", "-xzf", archive, "-C", folder, "--strip-components=1", ...members);
  });
}

async function download({ name, version, integrity }: Release, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const command = ["npm", "pack", "--silent", "--pack-destination", folder, `${name}@${version}`];
  const { code, stderr } = await runProgram(command, { cwd: folder, env: process.env });
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  const [file = ""] = readdirSync(folder);
  const archive = join(folder, file);
  const found = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (found !== integrity) throw new Error(`${name}@${version} is ${found} and not ${integrity}`);
  return archive;
}
