import { statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { verified } from "@jamesd/carry";
import { makeFolders } from "@jamesd/disk";
import { JamesError, type Packet, type ScriptName, scriptNames } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import { checkTarget, unwritable, writeNewFile } from "../files/new-file.ts";

/** As a person would have them, to be started. */
const SCRIPT_MODE = 0o755;

/** Where the scripts of a packet go: a folder with a file of each one's name. */
export interface ScriptFolder {
  readonly folder: string;
  readonly force: boolean;
}

/** Sees that the scripts of a packet may be written. @throws JamesError FILE_EXISTS, FILE_UNREADABLE */
export function checkScriptFolder({ scripts }: Packet, { folder, force }: ScriptFolder): void {
  if (!isThere(folder)) return;
  for (const name of scriptNames(scripts)) checkTarget(join(folder, name), force);
}

/** Writes the scripts of a packet, each under its name only when it is whole and durable; gives their paths. */
export async function writeScripts(
  client: Client,
  { scripts }: Packet,
  { folder, force }: ScriptFolder,
  signal: AbortSignal,
): Promise<{ readonly [name in ScriptName]?: string }> {
  openFolder(folder);
  const paths: { [name in ScriptName]?: string } = {};
  for (const name of scriptNames(scripts)) {
    const script = scripts[name];
    if (script === undefined) continue;
    const content = await client.download("getBlob", { params: { digest: script.digest }, signal });
    const path = join(folder, name);
    const options = { force, server: "the server", mode: SCRIPT_MODE };
    await writeNewFile(Readable.from(verified(content, script)), path, options);
    paths[name] = path;
  }
  return paths;
}

function isThere(folder: string): boolean {
  try {
    const stats = statSync(folder, { throwIfNoEntry: false });
    if (stats === undefined || stats.isDirectory()) return stats !== undefined;
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  throw new JamesError("FILE_EXISTS", `${folder} exists and is not a folder`, {
    hint: "Name another folder.",
  });
}

function openFolder(folder: string): void {
  try {
    makeFolders(folder, 0o777);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}
