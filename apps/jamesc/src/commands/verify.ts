import { isoTime, JamesError } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { readState } from "../local/read-state.ts";
import { RootFs } from "../transaction/disk/root-fs.ts";
import { Drift } from "../transaction/drift/drift.ts";
import { AT_ONCE } from "../transaction/drift/pace.ts";
import { PacketStore } from "../transaction/fetch/packet-store.ts";

/** Compares what is installed with the packets, all contents too; nothing is changed or noted. */
export const verify = defineCommand({
  name: "verify",
  options: {},
  format: "table",
  async handler(_flags, { values }) {
    const { saved, layout } = await readState(values.stateDir);
    const drift = new Drift();
    const packets = new PacketStore(layout, values.limits);
    const ground = { saved, packets, root: new RootFs(values.installRoot) };
    const how = { layout, budget: AT_ONCE, fullAfterMs: 0, isNoted: false, now: Date.now };
    await drift.look(ground, how, new AbortController().signal);
    const { count = 0, apps = [], paths = [], checked = 0 } = drift.report(saved.apps) ?? {};
    const isChanging = saved.begun !== null && saved.begun !== undefined;
    return {
      data: { checked: isoTime(checked), count, apps, paths },
      table: {
        columns: ["app", "path", "differs in"],
        rows: paths.map(({ app, path, kinds }) => [app, `/${path}`, kinds.join(", ")]),
      },
      ...(count > 0 && { failure: drifted(count, paths.length, isChanging) }),
    };
  },
});

function drifted(count: number, shown: number, isChanging: boolean): JamesError {
  const more = count > shown ? `, of which ${shown} are shown` : "";
  const what =
    count === 1 ? "1 path is not as its packet has it" : `${count} paths are not as their packets have them`;
  return new JamesError("DRIFTED", `${what}${more}`, {
    hint: isChanging
      ? "A transaction is under way: look again when it has ended."
      : "jamesd-ctl describe --id DEVICE says what the server knows of it, and how it is put right.",
  });
}
