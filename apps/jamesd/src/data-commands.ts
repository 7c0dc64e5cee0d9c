import { type Flags, type FlagValues, flag, type Output, required, text } from "@jamesd/config";
import { counted } from "@jamesd/model";
import { backupData, type Copied, type Restored, restoreData } from "./data/backup.ts";
import { collectData } from "./data/gc.ts";
import { verifyData, verifyError } from "./data/verify.ts";

/** What jamesd does to a data folder instead of serving it. */
export interface DataCommand<F extends Flags = Flags> {
  readonly name: string;
  readonly summary: string;
  readonly flags: F;
  work(flags: FlagValues<F>, data: string, output: Output): Promise<void>;
}

const verify = define({
  name: "verify",
  summary:
    "Check the database, hash every blob that a packet needs, and name what is damaged or missing; a server may be running.",
  flags: {},
  async work(_flags, data, output) {
    const { count, bad } = await verifyData(data);
    for (const { digest, health, neededBy } of bad)
      output.out(`${health} ${digest}, needed by ${neededBy.join(", ")}\n`);
    if (bad.length > 0) throw verifyError(bad.length, count);
    output.out(`${count} blobs are sound\n`);
  },
});

const gc = define({
  name: "gc",
  summary: "Delete the blobs that no packet needs; a running server is asked to do it.",
  flags: {},
  async work(_flags, data, output) {
    const { blobs, bytes } = await collectData(data);
    output.out(`deleted ${blobs} blobs, ${bytes} bytes\n`);
  },
});

const backup = define({
  name: "backup",
  summary:
    "Copy the data folder to another folder; a server may be running. The next time, only what is new.",
  flags: { output: required(text({ value: "DIR", help: "folder of the backup" })) },
  async work({ output: folder }, data, output) {
    output.out(copiedText(await backupData(data, folder)));
  },
});

const restore = define({
  name: "restore",
  summary: "Make the data folder from a backup; there must not be one.",
  flags: {
    from: required(text({ value: "DIR", help: "folder of the backup" })),
    keepTokens: flag({
      help: "let its tokens let devices in, also those that were used up or taken back since then",
    }),
  },
  async work({ from, keepTokens }, data, output) {
    const restored = await restoreData(from, data, { keepTokens });
    output.out(copiedText(restored) + restoredText(restored));
  },
});

/** Every one, in the order of the help. */
export const DATA_COMMANDS: readonly DataCommand[] = [verify, gc, backup, restore];

function define<const F extends Flags>(command: DataCommand<F>): DataCommand<F> {
  return command;
}

function restoredText({ droppedTokens }: Restored): string {
  const dropped =
    droppedTokens > 0
      ? `${counted(droppedTokens, "token")} of the backup let nobody in any more: make new ones (jamesd-ctl enroll-token), or restore with --keep-tokens\n`
      : "";
  return `${dropped}who was locked out or rejected since the backup is so no more: see jamesd-ctl list-revoked, list-enrollments
devices that have followed later revisions are left alone until you decide: see jamesd-ctl list-systems --sync halted, adopt-state
`;
}

function copiedText({ packets, blobs, bytes }: Copied): string {
  return `${packets} packets, copied ${blobs} blobs, ${bytes} bytes\n`;
}
