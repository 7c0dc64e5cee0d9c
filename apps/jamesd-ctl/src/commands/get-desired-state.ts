import { defineCommand } from "../command.ts";
import { policyView } from "../policy-text.ts";
import { deviceIdFlag } from "./device-id.ts";
import { revisionFlag } from "./revision-flag.ts";

/** Prints what a device should have, and the revision that said so. */
export const getDesiredState = defineCommand({
  name: "get-desired-state",
  aliases: [],
  summary: "print what a device should have, in the form that set-desired-state reads",
  options: { id: deviceIdFlag, revision: revisionFlag("as it was at this revision") },
  defaultFormat: "yaml",
  async handler(flags, { connect, signal }) {
    const { id, revision, apps, policy } = await connect().call("getDesiredState", {
      params: { id: flags.id },
      query: { revision: flags.revision?.toString() },
      signal,
    });
    const wishes = apps.map(({ name, tags }) => ({ name, tags }));
    return { data: { id, revision, ...policyView(policy), apps: wishes } };
  },
});
