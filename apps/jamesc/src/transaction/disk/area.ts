import { JamesError } from "@jamesd/model";
import type { Mount } from "./mounts.ts";

/** Where staged and set-aside files of one file system live: the state directory's own, or a folder below the root. */
export interface Area {
  readonly base: "state" | "root";
  /** Path of the folder, below that base. */
  readonly path: string;
  /** On a file system in memory, which a restart of the device empties. Never the state directory's own: its journal goes with it. */
  readonly isVolatile: boolean;
  /** What it was made on; the first jamesc did not note it. */
  readonly mount?: Mount;
}

/** Name of the staging folder on file systems other than the state directory's. */
export const STAGING_FOLDER = ".jamesc-staging";

/** How names begin that the agent gives on other file systems than its own. */
const OWN_NAME = /(?:^|\/)\.jamesc-/;

/** Sees that a path is not the agent's own: its state directory or a staging folder. @throws JamesError PATH_UNSAFE */
export function checkReserved(path: string, reserved: string | undefined): void {
  const isState = reserved !== undefined && (path === reserved || path.startsWith(`${reserved}/`));
  if (isState || OWN_NAME.test(path))
    throw new JamesError(
      "PATH_UNSAFE",
      `a packet wants to put something at /${path}, which is jamesc's own`,
      {
        hint: "Upload the packet without it.",
      },
    );
}
