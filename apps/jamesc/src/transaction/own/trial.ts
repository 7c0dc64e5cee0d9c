import { constants, copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { makeDurably, syncPath } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { naming } from "../disk/device-error.ts";
import type { Layout } from "../disk/layout.ts";
import type { OwnProgram } from "./own-program.ts";

/** What the launcher reads in the folder of a trial; docs/formats.md describes each. */
const COMMAND = "command";
const SWITCHED = "switched";
const SECONDS = "seconds";

/**
 * Before the agent's own program is replaced: keeps it, and tells the launcher by which words it is started. From now on
 * the launcher starts that one.
 * @param seconds how long a start of the new one may take to prove itself
 * @throws JamesError DEVICE_IO, STORAGE_FULL, AGENT_UNFIT
 */
export function beginTrial({ trial }: Layout, own: OwnProgram, seconds: number): void {
  if (own.command.some((word) => word.includes("\n")))
    throw new JamesError(
      "AGENT_UNFIT",
      "jamesc cannot replace itself: its command line has more than one line",
      {
        hint: "Put what has line breaks into its configuration file.",
      },
    );
  naming("keep the program of jamesc in", trial, () => {
    rmSync(trial, { recursive: true, force: true });
    mkdirSync(trial, { mode: 0o700 });
    const kept = new Map(
      own.files.map((file, index) => [file, keep(file, join(trial, `${index}-${basename(file)}`))]),
    );
    makeDurably(join(trial, SECONDS), `${seconds}\n`);
    syncPath(trial);
    // This file is what tells of a trial: it is the last to come, and the first to go.
    makeDurably(join(trial, COMMAND), own.command.map((word) => `${kept.get(word) ?? word}\n`).join(""));
    syncPath(trial);
    syncPath(join(trial, ".."));
  });
}

/** From now on the launcher starts the new one, a few times. */
export function markSwitched({ trial }: Layout): void {
  makeDurably(join(trial, SWITCHED), "");
  syncPath(trial);
}

/** The trial is over, however it ended. */
export function endTrial({ trial }: Layout): void {
  if (!existsSync(trial)) return;
  rmSync(join(trial, COMMAND), { force: true });
  syncPath(trial);
  rmSync(trial, { recursive: true, force: true });
}

function keep(file: string, copy: string): string {
  copyFileSync(file, copy, constants.COPYFILE_FICLONE);
  syncPath(copy);
  return copy;
}
