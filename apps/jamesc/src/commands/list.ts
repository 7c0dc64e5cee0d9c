import { parsed } from "@jamesd/config";
import { type Entry, JamesError, manifestFiles, manifestSize, parseName } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { type InstalledPacket, installedPackets } from "../local/installed-packets.ts";
import { readState } from "../local/read-state.ts";

/** Lists what is installed. */
export const list = defineCommand({
  name: "list",
  options: { app: parsed({ value: "NAME", help: "list the files of this app", parse: parseName }) },
  format: "table",
  async handler({ app }, { values }) {
    const installed = installedPackets(await readState(values.stateDir), values.limits);
    if (app !== undefined) return filesOf(app, installed);
    const apps = installed.map(({ app: { name, tags, digest }, packet }) => {
      const manifest = packet?.manifest ?? [];
      return { name, tags, digest, files: manifestFiles(manifest), bytes: manifestSize(manifest) };
    });
    return {
      data: apps,
      table: {
        columns: ["name", "tags", "files", "bytes", "digest"],
        rows: apps.map(({ name, tags, files, bytes, digest }) => [
          name,
          tags.join(","),
          String(files),
          String(bytes),
          digest.slice(0, 12),
        ]),
      },
    };
  },
});

function filesOf(name: string, installed: readonly InstalledPacket[]) {
  const found = installed.find(({ app }) => app.name === name);
  if (!found)
    throw new JamesError("APP_UNKNOWN", `there is no app ${name} on this device`, {
      hint: "See jamesc list.",
    });
  if (!found.packet)
    throw new JamesError("STORE_CORRUPT", `the manifest of ${name} is lost`, {
      hint: "jamesc fetches it anew with the next change of this app.",
    });
  const { manifest } = found.packet;
  return {
    data: manifest,
    table: {
      columns: ["path", "type", "mode", "bytes"],
      rows: manifest.map((entry) => [
        `/${entry.path}`,
        entry.type,
        entry.type === "symlink" ? "-" : entry.mode.toString(8).padStart(4, "0"),
        entry.type === "symlink" ? `-> ${entry.target}` : String(sizeOf(entry)),
      ]),
    },
  };
}

function sizeOf(entry: Entry): number {
  return entry.type === "file" ? entry.size : 0;
}
