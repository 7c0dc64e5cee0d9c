import { flag } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { checkSettings } from "../config.ts";
import { Proof } from "../identity/proof.ts";
import { layoutOf } from "../transaction/disk/layout.ts";
import { Journal } from "../transaction/journal/journal.ts";
import { StateFile } from "../transaction/journal/state-file.ts";
import { SELF_TEST } from "../transaction/own/self-test.ts";
import { proveConnectivity } from "../transaction/switch/confirm.ts";

/**
 * Sees whether this jamesc can go on in the place of another one, which may be running: with its settings, its certificate,
 * what it has written, and the server.
 */
export const selfTest = defineCommand({
  name: SELF_TEST,
  options: { offline: flag({ help: "without the server, as where jamesc apply updates jamesc" }) },
  async handler({ offline }, { values, configFile }) {
    const settings = checkSettings(values, configFile);
    const { state, journal } = layoutOf(settings.stateDir);
    StateFile.open(state);
    Journal.read(journal);
    const { client } = new Proof(settings);
    if (offline) {
      client.close();
      return { exitCode: 0 };
    }
    try {
      const reach = (signal: AbortSignal): Promise<void> => client.call("ping", { isFresh: true, signal });
      // Whoever waits for this is to hear why.
      const seconds = settings.healthcheckTimeoutMs / 2000;
      await proveConnectivity({ reach }, seconds, new AbortController().signal);
    } finally {
      client.close();
    }
    return { exitCode: 0 };
  },
});
