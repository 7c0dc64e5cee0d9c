import { isoTime } from "@jamesd/model";
import { BUILT } from "../built.ts";
import { defineCommand } from "../cli/command.ts";
import { placesOf } from "../config.ts";
import { viewIdentity } from "../local/identity-view.ts";
import { changesText } from "../local/past-view.ts";
import { readState } from "../local/read-state.ts";
import type { Failures, SavedState } from "../transaction/journal/device-state.ts";
import { readWaits, type Waits } from "../transaction/journal/waits.ts";
import { VERSION } from "../version.ts";

/** Tells how the device is, without the server, also while the daemon runs. */
export const status = defineCommand({
  name: "status",
  options: {},
  format: "yaml",
  async handler(_flags, { values }) {
    const { saved, agent, layout } = await readState(values.stateDir);
    const waits = readWaits(layout.waits);
    const { revision, apps, begun, report, failures } = saved;
    return {
      data: {
        version: VERSION,
        identity: viewIdentity(placesOf(values)),
        agent: agent === undefined ? "not running" : `running as process ${agent}`,
        ...(Date.now() < BUILT && {
          clock: `not set: it says ${isoTime(Date.now())}, and this jamesc is of a later day`,
        }),
        revision,
        apps: apps.map(({ name, tags }) => ({ name, tags })),
        ...(begun && {
          transaction: { id: begun.id, revision: begun.revision, began: isoTime(begun.started) },
        }),
        ...(waits && !begun && { waiting: viewWaits(waits, saved) }),
        ...(failures && { failures: { ...viewLast(failures), count: failures.count } }),
        reported: report === null,
      },
    };
  },
});

/** The plan that is prepared and not begun, why, and until when as far as it is known. */
function viewWaits({ revision, why, until, since, apps }: Waits, saved: SavedState): object {
  return {
    revision,
    changes: changesText(saved.apps, apps),
    why,
    ...(until !== undefined && { until: isoTime(until) }),
    since: isoTime(since),
  };
}

/** Which transaction it was, and when it ended; nothing where the first jamesc wrote. */
function viewLast({ last }: Failures): object {
  return last ? { id: last.id, revision: last.revision, at: isoTime(last.at) } : {};
}
