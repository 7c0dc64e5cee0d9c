import { shortDigest } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { tagList } from "../cli/lists.ts";
import { waitsLines } from "../views/waits-text.ts";
import { appFlag } from "./app-flag.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Says why a device gets the packet that it gets, or none. */
export const explain = defineCommand({
  name: "explain",
  aliases: [],
  summary: "print every packet for an app on a device, and what it lacks",
  options: {
    id: deviceIdFlag,
    app: appFlag,
    tags: tagList({ help: "as if the app were wanted with these tags" }),
  },
  formerly: { name: "app" },
  defaultFormat: "yaml",
  async handler({ id, app: name, tags }, { connect, note, signal }) {
    const {
      spec,
      systemtags,
      chosen,
      candidates,
      more,
      waits = [],
      ...found
    } = await connect().call("explain", {
      params: { id },
      query: { name, tags: tags?.join(",") },
      signal,
    });
    const data = {
      id,
      app: name,
      tags: found.tags,
      ...(spec !== null && { spec }),
      systemtags,
      chosen,
      candidates: candidates.map(({ digest, tags, missing }) => ({ digest, tags, missing })),
      ...(more > 0 && { moreCandidates: more }),
      ...(waits.length > 0 && { waits }),
    };
    const rows = candidates.map((one) => [
      one.digest === chosen ? "*" : "",
      shortDigest(one.digest),
      one.tags.join(","),
      one.missing.join(",") || "-",
    ]);
    if (candidates.length === 0)
      note(`There is no packet named ${JSON.stringify(name)}; see jamesd-ctl list-packets.`);
    for (const line of waitsLines(waits)) note(line);
    if (more > 0) note(`${more} more packets called ${name}, which lack as much or more, are left out`);
    return { data, table: { columns: ["chosen", "digest", "tags", "missing"], rows } };
  },
});
