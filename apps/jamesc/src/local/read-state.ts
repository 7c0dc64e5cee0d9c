import { lockHolder } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { type Layout, layoutOf } from "../transaction/disk/layout.ts";
import { NEW_DEVICE, type SavedState } from "../transaction/journal/device-state.ts";
import { StateFile } from "../transaction/journal/state-file.ts";

/** What a device has, as state.json says it just now; the agent may be running, and nothing of it is held up or changed. */
export interface LocalState {
  readonly saved: SavedState;
  /** The process of the agent that runs; undefined when none does. */
  readonly agent: string | undefined;
  readonly layout: Layout;
}

/** @throws JamesError FILE_UNREADABLE when this user may not, or there is no agent; STORE_CORRUPT */
export async function readState(stateDir: string): Promise<LocalState> {
  try {
    const agent = await lockHolder(stateDir, "agent");
    const layout = layoutOf(stateDir);
    return { saved: StateFile.open(layout.state)?.saved ?? NEW_DEVICE, agent, layout };
  } catch (cause) {
    const { code } = ((cause as Error).cause ?? cause) as NodeJS.ErrnoException;
    if (cause instanceof JamesError && cause.code !== "DEVICE_IO") throw cause;
    throw new JamesError("FILE_UNREADABLE", `cannot read ${stateDir} (${code})`, {
      hint:
        code === "ENOENT"
          ? "No jamesc has run with it: name the state directory of the one that has with --state-dir."
          : "Become the user that jamesc runs as, most often root.",
      cause,
    });
  }
}
