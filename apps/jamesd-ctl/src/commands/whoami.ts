import { JamesError } from "@jamesd/model";
import { isoTime } from "@jamesd/protocol/words";
import { defineCommand } from "../cli/command.ts";
import { askAbout } from "../server/ask-about.ts";

/** Says whom the server takes you for. */
export const whoami = defineCommand({
  name: "whoami",
  aliases: [],
  summary: "print whom the server takes you for: name, role, scope, end and issuer of your certificate",
  options: {},
  defaultFormat: "yaml",
  async handler(_flags, { connect, signal }) {
    const about = await askAbout(connect(), signal);
    if (!about)
      throw new JamesError("ROUTE_UNKNOWN", "this server does not say whom it takes you for: it is too old", {
        hint: "Bring it up to date; openssl x509 -noout -subject -enddate -in FILE shows a certificate.",
      });
    const { name, role, scope, certEnds, issuer } = about.you;
    return { data: { name, role, ...(scope && { scope }), certEnds: isoTime(certEnds), issuer } };
  },
});
