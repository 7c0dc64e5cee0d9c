import { mkdirSync } from "node:fs";
import { runProgram } from "@jamesd/testkit";
import { timed } from "./command.ts";

/** The least that installing can be: unpacks an archive into a fresh folder and syncs its file system. @returns seconds */
export async function unpackAndSync(archive: string, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  return (await timed("tar", "-xf", archive, "-C", folder)) + (await timed("sync", "-f", folder));
}

/** Waits until nothing that an earlier run wrote is still on its way to the disk. */
export async function settle(folder: string): Promise<void> {
  await timed("sync", "-f", folder);
}

/** @throws when the trees differ in names or contents */
export async function compareTrees(one: string, other: string): Promise<void> {
  await timed("diff", "-r", "--exclude=var", one, other);
}

/** What file system a folder is on. */
export async function fileSystemOf(folder: string): Promise<string> {
  const { stdout } = await runProgram(["df", "--output=fstype", folder]);
  return stdout.trim().split("\n").at(-1) ?? "unknown";
}
