import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkOwnFolder, makeFolder } from "@jamesd/disk";
import { type Digest, JamesError } from "@jamesd/model";
import { naming } from "./device-error.ts";

/** Where the agent keeps what, below its state directory (docs/formats.md describes each file). */
export interface Layout {
  readonly stateDir: string;
  /** What is installed, the last transaction's report: one atomic file; writing it is the commit point. */
  readonly state: string;
  /** The transactions that have ended, for people. */
  readonly history: string;
  /** The plan that waits to be begun, for people; absent when there is none. */
  readonly waits: string;
  /** The transaction under way; absent when there is none. */
  readonly journal: string;
  /** Verified blobs and parts of blobs on their way. */
  readonly fetched: string;
  /** Packets by digest, as manifests; of installed ones their marks and notes. */
  readonly packets: string;
  /** Script contents by digest. */
  readonly scripts: string;
  /** The pipe for what a script says, while it is opened. */
  readonly output: string;
  /** Staged and set-aside files of the file system that the state directory is on. */
  readonly staging: string;
  /** The agent's program from before an update of itself, as long as that is under way. */
  readonly trial: string;
  /** The words by which the launcher starts the agent. */
  readonly service: string;
}

/** Names what is below a state directory; nothing is made. */
export function layoutOf(stateDir: string): Layout {
  return {
    stateDir,
    state: join(stateDir, "state.json"),
    history: join(stateDir, "history"),
    waits: join(stateDir, "waits.json"),
    journal: join(stateDir, "journal"),
    fetched: join(stateDir, "fetched"),
    packets: join(stateDir, "packets"),
    scripts: join(stateDir, "scripts"),
    output: join(stateDir, "output"),
    staging: join(stateDir, "staging"),
    trial: join(stateDir, "trial"),
    service: join(stateDir, "service.json"),
  };
}

/** Makes the folders of a state directory, and names what is below it. @throws JamesError DEVICE_IO, FOLDER_UNSAFE */
export function makeLayout(stateDir: string): Layout {
  const layout = layoutOf(stateDir);
  // Manifests and staged files may be secret: nobody but the agent looks in here.
  const folders = [layout.fetched, layout.packets, layout.scripts];
  for (const folder of folders) checkFolder(folder);
  // What is in them is believed, and scripts and programs of it are run.
  for (const folder of [...folders, layout.staging, layout.trial]) checkOwnFolder(folder);
  for (const folder of [stateDir, ...folders]) naming("make the folder", folder, () => makeFolder(folder));
  for (const folder of folders) removeStrange(folder);
  return layout;
}

function checkFolder(folder: string): void {
  const there = statSync(folder, { throwIfNoEntry: false });
  if (!there || there.isDirectory()) return;
  throw new JamesError("DEVICE_IO", `${folder} is no folder: jamesc did not make it so`, {
    hint: "Move it away: jamesc makes the folder anew, and fetches what it needs of what was in it.",
  });
}

// Only files belong there. Something else, such as a folder, would be in the way of one for ever.
function removeStrange(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (!entry.isFile()) rmSync(join(folder, entry.name), { recursive: true, force: true });
}

export function packetFile(layout: Layout, digest: Digest): string {
  return join(layout.packets, `${digest}.json`);
}

/** What the files of an installed packet are known by again (`marks.ts`). */
export function marksFile(layout: Layout, digest: Digest): string {
  return join(layout.packets, `${digest}.marks`);
}

/** What was last seen of the entries of an installed packet (`drift/note.ts`). */
export function noteFile(layout: Layout, digest: Digest): string {
  return join(layout.packets, `${digest}.note`);
}

/** What a file is called that is not whole yet, or not verified: its own name with this at the end. */
export const PART = ".part";

/**
 * What a file is called that was staged: its own name with this at the end. It may be one file with what was installed
 * for a while, and somebody may still have that open: it is never staged again itself, only a verified copy of it.
 */
export const USED = ".used";

/** Where the verified content of a file waits to be staged. */
export function fetchedFile(layout: Layout, digest: Digest): string {
  // By hand: of thousands, each would be taken apart to see that it is in order.
  return `${layout.fetched}/${digest}`;
}

export function scriptFile(layout: Layout, digest: Digest): string {
  return join(layout.scripts, digest);
}
