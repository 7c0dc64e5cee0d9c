import { defineCommand } from "../cli/command.ts";
import { placesOf } from "../config.ts";
import { viewIdentity } from "../local/identity-view.ts";
import { readState } from "../local/read-state.ts";
import { VERSION } from "../version.ts";

/** Tells how the device is, without the server, also while the daemon runs. */
export const status = defineCommand({
  name: "status",
  options: {},
  format: "yaml",
  async handler(_flags, { values }) {
    const { saved, agent } = await readState(values.stateDir);
    const { revision, apps, begun, report, failures } = saved;
    return {
      data: {
        version: VERSION,
        identity: viewIdentity(placesOf(values)),
        agent: agent === undefined ? "not running" : `running as process ${agent}`,
        revision,
        apps: apps.map(({ name, tags }) => ({ name, tags })),
        ...(begun && { transaction: { id: begun.id, revision: begun.revision, began: time(begun.started) } }),
        ...(failures && { failures: { ...failures.last, count: failures.count } }),
        reported: report === null,
      },
    };
  },
});

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
