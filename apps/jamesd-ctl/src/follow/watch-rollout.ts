import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration, isLive, JamesError, type RolloutStatus } from "@jamesd/model";
import type { Client, Rollout } from "@jamesd/protocol";
import { troubleText } from "@jamesd/protocol/words";
import { News } from "./news.ts";

/** Of many events at once one look is enough. */
const LEAST_MS = 1000;

/** Which rollout to look at, and how long. */
export interface WatchedRollout {
  readonly revision: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** True of a rollout that goes on by itself, or when somebody approves. */
export function isUnderWay({ status }: Pick<Rollout, "status">): boolean {
  return status === "running" || status === "waiting";
}

/**
 * Looks at a rollout again whenever something happened in the fleet, for ever; it survives the server's restarts.
 * @throws JamesError WAIT_TIMEOUT, and of the server
 */
export async function* watchRollout(client: Client, watched: WatchedRollout): AsyncGenerator<Rollout> {
  const { revision, timeoutMs } = watched;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([watched.signal, deadline]);
  const news = new News(client);
  let last: Rollout | undefined;
  try {
    for (;;) {
      await news.next(signal);
      const rollout = await look(client, revision, signal, last !== undefined);
      if (rollout) yield rollout;
      last = rollout ?? last;
      await sleep(LEAST_MS, undefined, { signal });
    }
  } catch (thrown) {
    if (deadline.aborted && !watched.signal.aborted) throw timedOut(watched, last);
    throw thrown;
  }
}

/** Undefined while a server that has answered before cannot be reached: it may be restarting. */
async function look(
  client: Client,
  revision: number,
  signal: AbortSignal,
  hasAnswered: boolean,
): Promise<Rollout | undefined> {
  try {
    return await client.call("getRollout", { params: { revision: String(revision) }, signal });
  } catch (thrown) {
    if (hasAnswered && thrown instanceof JamesError && thrown.class === "unavailable") return undefined;
    throw thrown;
  }
}

/** What a rollout that is not under way came to; undefined: all is well. */
export function endOf({ revision, status, endedBy, trouble, stepMessage }: Rollout): JamesError | undefined {
  if (status === "finished") return undefined;
  if (status === "waiting")
    return new JamesError(
      "ROLLOUT_WAITING",
      `rollout ${revision} waits for somebody to approve its next wave`,
      {
        hint: `See it with get-rollout --revision ${revision}, then approve-rollout.`,
      },
    );
  const by = endedBy === null ? "" : ` by revision ${endedBy}`;
  const why = stepMessage || (trouble && troubleText(trouble));
  return new JamesError("ROLLOUT_STOPPED", `rollout ${revision} is ${status}${by}${why ? `: ${why}` : ""}`, {
    hint: isLive({ status: status as RolloutStatus })
      ? `get-rollout --revision ${revision} --state failed shows who failed; resume-rollout or revert-rollout decides.`
      : `See get-rollout --revision ${revision}.`,
  });
}

function timedOut({ revision, timeoutMs }: WatchedRollout, last: Rollout | undefined): JamesError {
  const standing = last ? `${last.status}, wave ${last.wave} of ${last.waves}` : "not yet looked at";
  return new JamesError(
    "WAIT_TIMEOUT",
    `rollout ${revision} has not ended after ${formatDuration(timeoutMs)}: ${standing}`,
    { hint: `It goes on by itself; see get-rollout --revision ${revision}.` },
  );
}
