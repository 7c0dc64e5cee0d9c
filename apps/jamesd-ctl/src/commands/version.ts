import { flag } from "@jamesd/config";
import { FORMATS, JamesError } from "@jamesd/model";
import { type Context, defineCommand, type Result } from "../cli/command.ts";
import { askAbout } from "../server/ask-about.ts";
import { mismatches } from "../server/compare.ts";
import { VERSION } from "../version.ts";

/** Says which versions speak with each other. */
export const version = defineCommand({
  name: "version",
  aliases: [],
  summary: "print the versions of this program and of the server, and warn when they differ",
  options: { client: flag({ help: "of this program only; no server is asked" }) },
  defaultFormat: "yaml",
  async handler({ client }, context) {
    return client ? { data: { client: OWN } } : await both(context);
  },
});

const OWN = { version: VERSION, formats: FORMATS };

// What is known without a server is said also when there is none.
async function both({ connect, note, signal }: Context): Promise<Result> {
  try {
    const about = await askAbout(connect(), signal);
    for (const warning of mismatches(about)) note(warning);
    const { version: its = "unknown", formats } = about ?? {};
    return { data: { client: OWN, server: { version: its, ...(formats && { formats }) } } };
  } catch (thrown) {
    if (thrown instanceof JamesError) return { data: { client: OWN }, failure: thrown };
    throw thrown;
  }
}
