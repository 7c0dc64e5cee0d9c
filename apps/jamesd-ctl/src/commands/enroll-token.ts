import { count, duration, parsed, text } from "@jamesd/config";
import { GIVEN, isGiven, JamesError, parseSpecId, type Tag } from "@jamesd/model";
import type { Client, MadeEnrollToken } from "@jamesd/protocol";
import { DEFAULT_ENROLL_PORT, parseAddress } from "@jamesd/protocol/operator";
import { type Context, defineCommand } from "../cli/command.ts";
import { tagList } from "../cli/lists.ts";
import { enrollTokenView } from "../views/enrollment-view.ts";
import { anyDeviceFlag } from "./id-flags.ts";

/** The name of a server that an agent looks for unless told. */
const USUAL_NAME = "jamesd";

/** Makes a token by which devices join. */
export const enrollToken = defineCommand({
  name: "enroll-token",
  aliases: [],
  summary: "make a token by which a device joins; its secret is printed this once",
  options: {
    for: duration({ value: "TIME", help: "how long it is good", default: "24h", isAge: true }),
    uses: count({ help: "how many devices may join by it", default: "1" }),
    id: { ...anyDeviceFlag, help: "only the device of this id may" },
    idPrefix: text({ value: "TEXT", help: "only devices whose ids begin so may" }),
    tags: tagList({ help: "tags that the devices are given: specs choose them by given:TAG" }),
    spec: parsed({
      value: "ID",
      help: "give them the tags that this spec chooses by, written given:TAG in it",
      parse: parseSpecId,
    }),
  },
  defaultFormat: "yaml",
  async handler({ for: forMs, uses, id = null, idPrefix: prefix = null, tags = [], spec }, context) {
    if (id !== null && prefix !== null)
      throw new JamesError("USAGE", "--id and --id-prefix are both given", { hint: "Give one of them." });
    const client = context.connect();
    const all = [...tags, ...(spec === undefined ? [] : await tagsOfSpec(client, spec, context))];
    const body = { forMs, uses, id, prefix, tags: all };
    const made = await client.call("makeEnrollToken", { body, signal: context.signal });
    const { secret } = made;
    if (made.port === null)
      context.note("this server has no --enroll-addr: devices can ask to join once it is started with one");
    return { data: { secret, onTheDevice: lineFor(made, client), ...enrollTokenView(made) } };
  },
});

/** What a person types on the device. */
function lineFor({ secret, id, port }: MadeEnrollToken, { where, serverName }: Client): string {
  const { host } = parseAddress(where);
  const written = host.includes(":") ? `[${host}]` : host;
  const flags = [
    ...(port === null || port === DEFAULT_ENROLL_PORT ? [] : ["--enroll-addr", `${written}:${port}`]),
    ...(serverName === USUAL_NAME ? [] : ["--server-name", serverName]),
    ...(id === null ? [] : ["--id", id]),
  ];
  return ["jamesc", "--enroll", secret, "--addr", where, ...flags].join(" ");
}

/** The tags that devices must have been given for a spec to choose them. @throws JamesError USAGE, SPEC_UNKNOWN */
async function tagsOfSpec(client: Client, id: string, { signal, note }: Context): Promise<readonly Tag[]> {
  const { selector } = await client.call("getSpec", { params: { id }, signal });
  const given = selector.filter(isGiven).map((term) => term.slice(GIVEN.length));
  if (given.length === 0)
    throw new JamesError("USAGE", `the spec ${id} chooses by no tag that the server gives`, {
      hint: `Add a term such as ${GIVEN}${id} to its selector: then a device cannot choose itself by what it reports.`,
    });
  const others = selector.filter((term) => !isGiven(term));
  if (others.length > 0) note(`the spec ${id} chooses by more than given tags: ${others.join(", ")}`);
  return given;
}
