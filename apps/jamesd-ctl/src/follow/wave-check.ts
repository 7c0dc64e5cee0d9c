import { spawn } from "node:child_process";
import { once } from "node:events";
import { JamesError } from "@jamesd/model";
import type { Client, Rollout } from "@jamesd/protocol";

/** What a check says of a wave. */
type Verdict = "approve" | "pause" | "revert";

/** What it checks by, and whom it tells. */
export interface Checking {
  readonly client: Client;
  /** For the shell. */
  readonly command: string;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Has a command of the operator judge each wave of a rollout once: where somebody has to approve the next one when it waits
 * for that, else as soon as the wave bakes.
 */
export class WaveCheck {
  readonly #checking: Checking;
  /** Up to which wave it was done. */
  #checked = 0;

  constructor(checking: Checking) {
    this.#checking = checking;
  }

  /** Runs the command where it is due, and does what it says. @throws JamesError of the server */
  async look(rollout: Rollout): Promise<void> {
    if (!isDue(rollout) || rollout.wave <= this.#checked) return;
    const { command, note, signal } = this.#checking;
    note(`wave ${rollout.wave}: ${command}`);
    const said = await runCheck(command, rollout, signal);
    note(`wave ${rollout.wave}: it ended with ${said}`);
    await this.#tell(rollout, verdictOf(said), said);
    this.#checked = rollout.wave;
  }

  async #tell(rollout: Rollout, verdict: Verdict, said: string): Promise<void> {
    const { revision, status, wave } = rollout;
    if (verdict === "approve" && status !== "waiting") return;
    const { client, command, signal } = this.#checking;
    const options = { params: { revision: String(revision) }, signal };
    const message = `the check of wave ${wave} ended with ${said}: ${command}`.slice(0, 1000);
    try {
      if (verdict === "approve")
        await client.call("approveRollout", { ...options, body: { wave: wave + 1, message } });
      else
        await client.call(verdict === "pause" ? "pauseRollout" : "revertRollout", {
          ...options,
          body: { message },
        });
    } catch (thrown) {
      // Somebody else was faster.
      if (!(thrown instanceof JamesError) || thrown.code !== "ROLLOUT_STATUS") throw thrown;
      this.#checking.note(thrown.message);
    }
  }
}

function isDue({ status, next, baking }: Rollout): boolean {
  if (status === "waiting") return true;
  return status === "running" && next !== null && !next.needsApproval && baking !== null;
}

function verdictOf(said: string): Verdict {
  if (said === "0") return "approve";
  return said === "2" ? "revert" : "pause";
}

/** Runs it by the shell. @returns its exit code, or the signal that ended it; what cannot be run is no success */
async function runCheck(command: string, { revision, wave }: Rollout, signal: AbortSignal): Promise<string> {
  const child = spawn("/bin/sh", ["-c", command], {
    // Standard output is for what this program prints.
    stdio: ["ignore", 2, 2],
    env: { ...process.env, JAMESD_ROLLOUT: String(revision), JAMESD_WAVE: String(wave) },
    signal,
  });
  const [code, killedBy] = (await once(child, "close", { signal })) as [number | null, string | null];
  return code === null ? String(killedBy) : String(code);
}
