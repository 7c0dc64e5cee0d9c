import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { positional, text } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { installedPackets } from "../local/installed-packets.ts";
import { readState } from "../local/read-state.ts";

/** Says whose a path is. */
export const owns = defineCommand({
  name: "owns",
  options: { path: positional(text({ value: "PATH", help: "the path, as it is on this device" })) },
  format: "table",
  async handler({ path }, { values }) {
    const installed = installedPackets(await readState(values.stateDir), values.limits);
    const root = resolve(values.installRoot);
    const place = placeOf(resolve(path));
    const owners = installed.flatMap(({ app, packet }) =>
      (packet?.manifest ?? [])
        // Before asking the disk: names that differ are other files.
        .filter(
          (entry) => basename(entry.path) === basename(place) && placeOf(join(root, entry.path)) === place,
        )
        .map((entry) => ({ app: app.name, tags: app.tags, path: `/${entry.path}`, type: entry.type })),
    );
    if (owners.length === 0)
      throw new JamesError("PATH_UNKNOWN", `${path} belongs to no app`, {
        hint: `See jamesc list --app NAME for the files of an app${root === "/" ? "" : `; they are below ${root}`}.`,
      });
    return {
      data: owners,
      table: {
        columns: ["app", "tags", "path", "type"],
        rows: owners.map(({ app, tags, path, type }) => [app, tags.join(","), path, type]),
      },
    };
  },
});

/** The path with the links above it resolved: on a device whose /bin is a link, /bin/sh and /usr/bin/sh are one file. */
function placeOf(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
