import { flag } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { type Context, defineCommand, type Result } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { tagList, wordList } from "../cli/lists.ts";
import { meaningOfDevices } from "../cli/meaning.ts";
import { followChange } from "../follow/follow-change.ts";
import { type DeviceQuery, readDevices } from "./device-filter.ts";
import { anyDeviceFlag } from "./id-flags.ts";
import { beginNow, checkNow, NOW_FLAGS } from "./now-flags.ts";
import { revisionFlag } from "./point-flags.ts";
import { rolloutToTell } from "./rollout-meaning.ts";
import { WAIT_FLAGS } from "./wait-flags.ts";

/** Has devices try again at once what failed. */
export const retry = defineCommand({
  name: "retry",
  aliases: [],
  word: "id",
  summary: "have a device, or all that failed, try again at once what failed, instead of after their pause",
  options: {
    id: anyDeviceFlag,
    sync: wordList({ help: "all devices that stand so", words: ["failed"] }),
    tags: tagList({ help: "of these, those that have all these tags" }),
    rollout: revisionFlag("all devices of this rollout that failed"),
    ...WAIT_FLAGS,
    wait: flag({ help: "with --id: follow the device until it is in sync or has failed again" }),
    ...NOW_FLAGS,
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ id, sync, tags, rollout, wait, timeout, yes, ...flags }, context) {
    checkNow(flags);
    if (rollout !== undefined) {
      if (id === undefined && sync === undefined && !tags && !wait && !flags.now)
        return retryRollout(rollout, yes, context);
      throw new JamesError("USAGE", "--rollout stands alone", { hint: "Leave the other flags out." });
    }
    if ((id === undefined) === (sync === undefined))
      throw new JamesError(
        "USAGE",
        id === undefined ? "retry needs --id ID or --sync failed" : "--id and --sync are both given",
        {
          hint: "Name a device, or have all try again that failed.",
        },
      );
    if (id === undefined) {
      if (!wait && !flags.now) return retryAll({ sync, tags: tags?.join(",") }, yes, context);
      throw new JamesError("USAGE", `--${wait ? "wait" : "now"} goes with --id`, {
        hint: "list-systems shows how they stand.",
      });
    }
    if (tags) throw new JamesError("USAGE", "--tags goes with --sync", { hint: "Leave it out." });
    const client = context.connect();
    const { revision, transaction } = await client.call("retry", { params: { id }, signal: context.signal });
    const data = { id, revision, transaction };
    const failure = await beginNow(client, id, flags, context);
    if (failure) return { data, failure };
    return wait ? followChange(client, id, { revision }, timeout, data, context) : { data };
  },
});

async function retryRollout(revision: number, yes: boolean, context: Context): Promise<Result> {
  const client = context.connect();
  const { signal } = context;
  const params = { revision: String(revision) };
  const { perWave } = await rolloutToTell(client, revision, context);
  const failed = perWave.reduce((total, { counts }) => total + (counts?.failed ?? 0), 0);
  await confirmImpact({ devices: failed }, "trying again", yes, context);
  const { retried, waits } = await client.call("retryRollout", { params, signal });
  const note = `the rollout is paused: nothing happens until resume-rollout --revision ${revision}`;
  return { data: { rollout: revision, retried, waits }, notes: waits && retried > 0 ? [note] : [] };
}

/** One after the other; those that need it no more by then are passed over. @throws JamesError CANCELLED */
async function retryAll(query: DeviceQuery, yes: boolean, context: Context): Promise<Result> {
  const client = context.connect();
  const { signal } = context;
  const devices = await readDevices(client, query, Number.POSITIVE_INFINITY, signal);
  await confirmImpact(meaningOfDevices(devices), "trying again", yes, context);
  const retried: string[] = [];
  for (const { id } of devices)
    try {
      await client.call("retry", { params: { id }, signal });
      retried.push(id);
    } catch (thrown) {
      if (!PASSED_OVER.has(JamesError.from(thrown).code)) throw thrown;
    }
  return { data: { retried: retried.length, ids: retried, passedOver: devices.length - retried.length } };
}

/** It succeeded, was forgotten or halted in the meantime. */
const PASSED_OVER = new Set(["RETRY_NOT_NEEDED", "DEVICE_UNKNOWN", "HISTORY_UNKNOWN"]);
