import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Packet, scriptNames } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import { checkTarget, writeArchive } from "./archive-file.ts";
import { readBlob } from "./blob.ts";
import { unwritable } from "./local-file.ts";

/**
 * Writes a packet's scripts as files of their names into a folder, made when missing, such that `add-packet` makes the
 * same packet of them. @returns the paths @throws JamesError FILE_EXISTS before anything is written, FILE_UNREADABLE
 */
export async function writeScripts(
  client: Client,
  { scripts }: Packet,
  folder: string,
  { force, signal }: { readonly force: boolean; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const names = scriptNames(scripts);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  for (const name of names) checkTarget(join(folder, name), force);
  const paths: string[] = [];
  for (const name of names) {
    const script = scripts[name];
    if (!script) continue;
    const content = await readBlob(client, script, signal);
    const path = join(folder, name);
    await writeArchive(Readable.from([content]), path, { force, server: "the server", mode: 0o777 });
    paths.push(path);
  }
  return paths;
}
