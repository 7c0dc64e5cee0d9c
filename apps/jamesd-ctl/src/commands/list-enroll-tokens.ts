import { defineCommand } from "../cli/command.ts";
import { enrollTokenTable, enrollTokenView } from "../views/enrollment-view.ts";

/** Lists the tokens by which devices join. */
export const listEnrollTokens = defineCommand({
  name: "list-enroll-tokens",
  aliases: [],
  summary: "list the tokens by which devices join: for whom, uses left, end, last use",
  options: {},
  defaultFormat: "table",
  async handler(_flags, { connect, signal }) {
    const tokens = await connect().call("listEnrollTokens", { signal });
    return { data: tokens.map(enrollTokenView), table: enrollTokenTable(tokens, Date.now()) };
  },
});
