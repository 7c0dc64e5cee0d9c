import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cached, keep } from "./cache.ts";
import { sh } from "./image-disks.ts";
import { runProgram } from "./program.ts";

/** One version of a package of the npm registry. */
export interface Release {
  readonly name: string;
  readonly version: string;
  /** As `npm view NAME@VERSION dist.integrity` says: `sha512-` and base64. */
  readonly integrity: string;
}

/** The registry did not give a release: it cannot be reached, or does not have it. */
export class ReleaseMissing extends Error {}

/** Errors and nothing else, and seconds rather than more than a minute until there is one without a network. */
const NPM_FLAGS = ["--loglevel=error", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];

/** A release's files in a folder of the cache, or, with `only`, that one of them. @throws ReleaseMissing */
export function fetchRelease(release: Release, only?: string): Promise<string> {
  const { name, version } = release;
  return keep(cached("npm", `${name.replace("/", "-")}-${version}`), async (folder) => {
    const download = `${folder}-tgz`;
    try {
      const archive = await fetchArchive(release, download);
      mkdirSync(folder);
      const members = only === undefined ? [] : [`package/${only}`];
      sh("tar", "-xzf", archive, "-C", folder, "--strip-components=1", ...members);
    } finally {
      rmSync(download, { recursive: true, force: true });
    }
  });
}

/** Fetches `NAME@VERSION` into an empty folder; gives the path of the archive. @throws ReleaseMissing */
export async function npmPack(spec: string, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const command = ["npm", "pack", ...NPM_FLAGS, "--pack-destination", folder, spec];
  const { code, stderr } = await runProgram(command, { cwd: folder, env });
  if (code !== 0) throw new ReleaseMissing(`npm pack ${spec}: ${stderr}`);
  const [file = ""] = readdirSync(folder);
  return join(folder, file);
}

async function fetchArchive({ name, version, integrity }: Release, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const archive = await npmPack(`${name}@${version}`, folder, process.env);
  const found = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (found !== integrity) throw new Error(`${name}@${version} is ${found} and not ${integrity}`);
  return archive;
}
