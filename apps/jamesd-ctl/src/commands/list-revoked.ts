import { defineCommand } from "../cli/command.ts";
import { revocationTable, revocationView } from "../views/revocation-view.ts";

/** Lists who is locked out. */
export const listRevoked = defineCommand({
  name: "list-revoked",
  aliases: [],
  summary: "list who is locked out: since when, by whom and why",
  options: {},
  defaultFormat: "table",
  async handler(_flags, { connect, signal }) {
    const revocations = await connect().call("listRevoked", { signal });
    return { data: revocations.map(revocationView), table: revocationTable(revocations) };
  },
});
