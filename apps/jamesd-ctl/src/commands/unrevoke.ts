import { defineCommand } from "../cli/command.ts";
import { revocationView } from "../views/revocation-view.ts";
import { LOCK_FLAGS, lockedBy } from "./lock-flags.ts";

/** Lets in again who was locked out. */
export const unrevoke = defineCommand({
  name: "unrevoke",
  aliases: [],
  summary: "let in again who was locked out",
  options: LOCK_FLAGS,
  defaultFormat: "yaml",
  async handler(flags, { connect, signal }) {
    const locked = lockedBy(flags);
    const removed = await connect().call("unrevoke", { body: { locked }, signal });
    return { data: removed.map(revocationView) };
  },
});
