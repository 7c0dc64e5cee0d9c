import { JamesError, PROGRESS, type Progress } from "@jamesd/model";
import type { DeviceList } from "../fleet/device-list.ts";
import type { RolloutCommand } from "../rollouts/commands.ts";
import type { Rollouts } from "../rollouts/rollouts.ts";
import type { Call, Handlers } from "./call.ts";
import { countOf, limitOf } from "./query.ts";
import {
  wireRollout,
  wireRolloutCounts,
  wireRolloutDevice,
  wireRolloutInfo,
  wireRolloutPacket,
} from "./v1/rollouts.ts";

/** So many rollouts, or devices of them, are listed at a time. */
const MAX_PAGE = 1000;

/** The routes of rollouts. */
export type RolloutHandlers = Pick<
  Handlers,
  | "listRollouts"
  | "getRollout"
  | "getRolloutCounts"
  | "listRolloutPackets"
  | "listRolloutDevices"
  | "pauseRollout"
  | "resumeRollout"
  | "approveRollout"
  | "promoteRollout"
  | "revertRollout"
  | "retryRollout"
>;

/** The handlers of these routes. @param list tells what is known besides of the devices of a rollout */
export function makeRolloutHandlers(rollouts: Rollouts, list: Pick<DeviceList, "some">): RolloutHandlers {
  const tell = async (
    { params, origin }: Pick<Call<"pauseRollout">, "params" | "origin">,
    command: RolloutCommand,
    message: string,
  ) => wireRollout(await rollouts.tell(revisionParam(params), command, { ...origin, message }));
  return {
    listRollouts: async ({ query }) =>
      (
        await rollouts.list({
          isLive: query.all === "true" ? undefined : true,
          before: countOf(query, "before"),
          limit: limitOf(query, MAX_PAGE),
        })
      ).map(wireRolloutInfo),
    getRollout: async ({ params }) => wireRollout(await rollouts.get(revisionParam(params))),
    getRolloutCounts: async ({ params }) =>
      (await rollouts.counts(revisionParam(params))).map(wireRolloutCounts),
    listRolloutPackets: async ({ params }) =>
      (await rollouts.packets(revisionParam(params))).map(wireRolloutPacket),
    listRolloutDevices: async ({ params, query }) => {
      const found = await rollouts.devices(revisionParam(params), {
        wave: countOf(query, "wave"),
        progress: progressOf(query.progress),
        after: query.after ?? "",
        limit: limitOf(query, MAX_PAGE),
      });
      const known = await list.some(found.map(({ id }) => id));
      return found.map((device) => wireRolloutDevice(device, known.get(device.id)));
    },
    pauseRollout: (call) => tell(call, { kind: "pause" }, call.body.message),
    resumeRollout: (call) => tell(call, { kind: "resume", accept: call.body.accept }, call.body.message),
    approveRollout: (call) => tell(call, { kind: "approve", wave: call.body.wave }, call.body.message),
    promoteRollout: (call) =>
      tell(call, { kind: "promote", wave: call.body.wave ?? "all" }, call.body.message),
    revertRollout: (call) => tell(call, { kind: "revert" }, call.body.message),
    retryRollout: ({ params, origin }) => rollouts.retry(revisionParam(params), origin),
  };
}

function revisionParam({ revision = "" }: Readonly<Record<string, string>>): number {
  const number = countOf({ revision }, "revision");
  if (number !== undefined) return number;
  throw new JamesError("REQUEST_INVALID", "no rollout is named");
}

function progressOf(word: string | undefined): Progress | undefined {
  if (word === undefined) return undefined;
  const found = PROGRESS.find((progress) => progress === word);
  if (found) return found;
  throw new JamesError("REQUEST_INVALID", `${JSON.stringify(word)} is not where a device can be`, {
    hint: `Say one of ${PROGRESS.join(", ")}.`,
  });
}
