import { duration, text } from "@jamesd/config";
import { type Context, defineCommand, type Result } from "../cli/command.ts";
import { endOf, isUnderWay, watchRollout as watching } from "../follow/watch-rollout.ts";
import { WaveCheck } from "../follow/wave-check.ts";
import { progressText, rolloutResult } from "../views/rollout-text.ts";
import { rolloutFlag } from "./rollout-flags.ts";

/** Shows how a rollout goes on, and has it checked. */
export const watchRollout = defineCommand({
  name: "watch-rollout",
  aliases: [],
  summary: "show how a rollout goes on until it ends, is paused or waits; or have each wave checked",
  options: {
    revision: rolloutFlag,
    check: text({
      value: "COMMAND",
      help: "run it for each wave that has proved itself: 0 approves, 2 reverts, any other exit code pauses",
    }),
    timeout: duration({ value: "TIME", help: "how long to watch", default: "24d" }),
  },
  defaultFormat: "table",
  async handler({ revision, check, timeout }, context) {
    return { views: viewsOf(revision, check, timeout, context), areBounded: true };
  },
});

/** How a rollout is, each time that it may be another; the last one with what it came to. */
async function* viewsOf(
  revision: number,
  command: string | undefined,
  timeoutMs: number,
  { connect, note, signal }: Context,
): AsyncGenerator<Result> {
  const client = connect();
  const check = command === undefined ? undefined : new WaveCheck({ client, command, note, signal });
  let said = "";
  for await (const rollout of watching(client, { revision, timeoutMs, signal })) {
    const isOver = !isUnderWay(rollout) || (rollout.status === "waiting" && !check);
    const standing = progressText(rollout);
    const notes = standing === said ? [] : [standing];
    said = standing;
    yield { ...rolloutResult(rollout), notes, ...(isOver && { failure: endOf(rollout) }) };
    if (isOver) return;
    await check?.look(rollout);
  }
}
