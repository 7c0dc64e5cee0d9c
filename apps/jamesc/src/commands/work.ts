import { text } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { checkSettings } from "../config.ts";
import { Daemon } from "../daemon.ts";
import { joinFirst } from "../join-first.ts";
import { type Life, start } from "../start.ts";
import { pemFiles } from "../waiter/pem-files.ts";
import { writeQuestion } from "../waiter/question.ts";

/** One round of the agent's life: what the daemon does between two check-ins that are held. */
export const work = defineCommand({
  name: "work",
  options: {
    question: text({ value: "FILE", help: "write there what the waiter is to ask next" }),
  },
  async handler({ question }, { values, configFile, env }) {
    if (!(await joinFirst(values, configFile, env, true))) return { exitCode: 0 };
    await start(checkSettings({ ...values, poll: true }, configFile), env, untilQuiet(question));
    return { exitCode: 0 };
  },
});

function untilQuiet(file: string | undefined): Life {
  return async (agent, { settings, log, pulse, stop, proof, renewal }) => {
    const quiet = await new Daemon(agent, settings, log, pulse).settle(stop);
    if (!quiet)
      throw new JamesError("SERVER_UNREACHABLE", stop.aborted ? "stopped" : "there is no server to ask");
    if (file === undefined) return;
    const files = pemFiles(proof.identity, settings.stateDir);
    const quietMs = renewal.quietMs(Date.now());
    const { reachedAt } = proof.client;
    const waiting = { ...quiet, quietMs, files, reachedAt };
    writeQuestion(file, settings, waiting, agent.question(quiet.deferred));
  };
}
