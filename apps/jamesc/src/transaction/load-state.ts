import { JamesError, type Packet } from "@jamesd/model";
import type { Layout } from "./disk/layout.ts";
import type { RootFs } from "./disk/root-fs.ts";
import type { PacketStore } from "./fetch/packet-store.ts";
import { RESTORE_HINT } from "./journal/device-state.ts";
import { Journal } from "./journal/journal.ts";
import { begunOf, type JournalRecord } from "./journal/journal-record.ts";
import { StateFile } from "./journal/state-file.ts";
import { hasOldSlots } from "./old-files.ts";

/**
 * What is known of the device: by state.json, or, when that is damaged or gone, by the journal of a transaction that can
 * still be undone. Without either a device is new, unless it looks otherwise.
 * @throws JamesError STORE_CORRUPT, DEVICE_IO
 */
export function loadState(layout: Layout, store: PacketStore, root: RootFs): StateFile {
  let problem: JamesError | undefined;
  try {
    const state = StateFile.open(layout.state);
    if (state) return state;
  } catch (cause) {
    if (!(cause instanceof JamesError && cause.code === "STORE_CORRUPT")) throw cause;
    problem = cause;
  }
  const restored = restore(layout, readRecords(layout));
  if (restored) return restored;
  if (problem) throw problem;
  if (hasOldSlots(layout.staging) || store.all().some((packet) => isInstalled(packet, root)))
    throw gone(layout.state);
  return StateFile.restored(layout.state, {});
}

// A manifest may also be of a first installation that was cut before anything was put anywhere.
function isInstalled({ manifest }: Packet, root: RootFs): boolean {
  return manifest.some(({ type, path }) => type !== "directory" && root.lstat(path) !== undefined);
}

function restore({ state }: Layout, records: readonly JournalRecord[]): StateFile | undefined {
  const head = records.find((record) => record.record === "stage");
  const begin = records.find((record) => record.record === "begin");
  const clear = records.find((record) => record.record === "clear");
  if (!head || !begin) return undefined;
  if (!clear) return StateFile.restored(state, { ...begin.before, begun: begunOf(head) });
  // What was set aside may be gone already: the device is at the new apps, and nothing says which these are.
  if (clear.outcome === "committed") throw gone(state);
  const undone = StateFile.restored(state, {
    ...begin.before,
    ended: { id: head.id, outcome: clear.outcome },
  });
  // The journal that it was made of goes next.
  undone.save();
  return undone;
}

// A damaged one tells nothing here; recovery says so.
function readRecords({ journal }: Layout): readonly JournalRecord[] {
  try {
    return Journal.read(journal)?.records ?? [];
  } catch (cause) {
    if (cause instanceof JamesError) return [];
    throw cause;
  }
}

function gone(path: string): JamesError {
  return new JamesError("STORE_CORRUPT", `${path} is gone`, {
    hint: RESTORE_HINT,
  });
}
