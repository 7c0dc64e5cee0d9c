import { count, flag } from "@jamesd/config";
import type { RolloutInfo } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { infoView, rolloutTable } from "../views/rollout-text.ts";
import { readPages } from "./pages.ts";

/** Lists rollouts. */
export const listRollouts = defineCommand({
  name: "list-rollouts",
  aliases: [],
  summary: "list the rollouts that are live, newest first",
  options: {
    all: flag({ help: "also those that are over" }),
    limit: count({ value: "N", help: "at most so many", default: "100" }),
  },
  defaultFormat: "table",
  async handler({ all, limit }, { connect, signal }) {
    const client = connect();
    const rollouts = await readPages<RolloutInfo>(limit, (most, last) => {
      const query = {
        all: all ? "true" : undefined,
        before: last?.revision.toString(),
        limit: String(most),
      };
      return client.call("listRollouts", { query, signal });
    });
    return { data: rollouts.map(infoView), table: rolloutTable(rollouts) };
  },
});
