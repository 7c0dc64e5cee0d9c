import { mkdirSync } from "node:fs";
import { runProgram } from "@jamesd/testkit";

/** The least that installing can be: unpacks an archive into a fresh folder and syncs its file system. @returns seconds */
export async function unpackAndSync(archive: string, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const started = performance.now();
  await mustRun("tar", "-xJf", archive, "-C", folder);
  await mustRun("sync", "-f", folder);
  return (performance.now() - started) / 1000;
}

/** Waits until nothing that an earlier run wrote is still on its way to the disk. */
export function settle(folder: string): Promise<void> {
  return mustRun("sync", "-f", folder);
}

/** @throws when the trees differ in names or contents */
export function compareTrees(one: string, other: string): Promise<void> {
  return mustRun("diff", "-r", one, other);
}

/** What file system a folder is on. */
export async function fileSystemOf(folder: string): Promise<string> {
  const { stdout } = await runProgram(["df", "--output=fstype", folder]);
  return stdout.trim().split("\n").at(-1) ?? "unknown";
}

async function mustRun(...command: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runProgram(command);
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stdout}${stderr}`.slice(0, 2000));
}
