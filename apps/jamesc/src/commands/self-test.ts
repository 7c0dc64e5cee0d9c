import { flag } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { checkSettings } from "../config.ts";
import { Proof } from "../identity/proof.ts";
import { codedError } from "../transaction/disk/device-error.ts";
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
  async handler({ offline }, { values, configFile, output }) {
    const settings = checkSettings(values, configFile);
    const { state, journal } = layoutOf(settings.stateDir);
    StateFile.open(state);
    Journal.read(journal);
    const { client } = new Proof(settings);
    if (offline) {
      client.close();
      return { exitCode: 0 };
    }
    // Whoever waits for this is to hear why.
    const seconds = settings.healthcheckTimeoutMs / 2000;
    output.out(
      `settings, certificate and state are sound; looking for ${client.where} for up to ${seconds} s\n`,
    );
    const reach = async (signal: AbortSignal): Promise<void> => {
      try {
        await client.call("ping", { isFresh: true, signal });
      } catch (thrown) {
        if (!signal.aborted) output.out(`not yet: ${codedError(thrown).message}\n`);
        throw thrown;
      }
    };
    try {
      await proveConnectivity({ reach }, seconds, new AbortController().signal);
    } finally {
      client.close();
    }
    return { exitCode: 0 };
  },
});
