import { parsed, positional } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { enrollTokenView } from "../views/enrollment-view.ts";

/** Takes back a token by which devices join. */
export const revokeEnrollToken = defineCommand({
  name: "revoke-enroll-token",
  aliases: [],
  summary: "take back a token: nobody joins by it any more, and who has joined stays",
  options: {
    token: positional(
      parsed({
        value: "TOKEN",
        help: "the token, or its id as list-enroll-tokens shows it",
        // Of a whole token the secret stays here.
        parse: (text: string) => text.split(".")[0] ?? "",
      }),
    ),
  },
  defaultFormat: "yaml",
  async handler({ token }, { connect, signal }) {
    return {
      data: enrollTokenView(await connect().call("revokeEnrollToken", { params: { token }, signal })),
    };
  },
});
