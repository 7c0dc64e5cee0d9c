import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { keep } from "./cache.ts";
import { sh } from "./image-disks.ts";
import { runProgram } from "./program.ts";
import { programCommand } from "./programs.ts";

const PEOPLE = ["--add-server", "jamesd", "--add-operator", "admin", "--add-viewer", "watcher"];

/** How many there are with the same devices in this file of tests: no two of them have one authority. */
const given = new Map<string, number>();

/**
 * Puts a PKI with these devices into a folder, as its `pki`. Files of tests that run on the same bundles share what is
 * made, for a day: a process and eight keys cost as much as a start of the server.
 */
export async function givePki(dir: string, devices: readonly string[]): Promise<void> {
  const bundles = process.env.JAMESD_BUNDLES;
  if (!bundles) return makePki(dir, devices);
  const key = createHash("sha256").update(JSON.stringify(devices)).digest("hex");
  const count = (given.get(key) ?? 0) + 1;
  given.set(key, count);
  const day = new Date().toISOString().slice(0, 10);
  const folder = join(bundles, "pki");
  mkdirSync(folder, { recursive: true });
  const kept = await keep(join(folder, `${day}-${key}-${count}`), async (part) => {
    mkdirSync(part);
    await makePki(part, devices);
  });
  // As it was made: cpSync gives folders modes of its own.
  sh("cp", "-a", join(kept, "pki"), dir);
}

async function makePki(cwd: string, devices: readonly string[]): Promise<void> {
  const clients = devices.flatMap((device) => ["--add-client", device]);
  const command = [...programCommand("pkitool"), "--init", ...PEOPLE, ...clients];
  const { code, stderr } = await runProgram(command, { cwd });
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
}
