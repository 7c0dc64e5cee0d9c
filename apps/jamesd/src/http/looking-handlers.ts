import { parseTagList } from "@jamesd/model";
import type { LookAhead } from "../desired/look-ahead.ts";
import type { DeviceList } from "../fleet/device-list.ts";
import type { Packets } from "../packets/packets.ts";
import type { WavesOfDevices } from "../rollouts/waves-of-devices.ts";
import type { Handlers } from "./call.ts";
import { parseFilter } from "./device-query.ts";
import { countOf } from "./query.ts";
import { wireDevice, wireDeviceInfo } from "./v1/devices.ts";
import { wireDevicePlan, wireExplanation } from "./v1/look-ahead.ts";

/** What devices are looked at by. */
export interface Looking {
  readonly list: DeviceList;
  readonly lookAhead: LookAhead;
  readonly packets: Pick<Packets, "tagsOf">;
  readonly wavesOfDevices: WavesOfDevices;
}

/** The routes by which people look at devices. */
export type LookingHandlers = Pick<Handlers, "listDevices" | "getDevice" | "getPlan" | "explain">;

/** The handlers of these routes. */
export function makeLookingHandlers({ list, lookAhead, packets, wavesOfDevices }: Looking): LookingHandlers {
  return {
    listDevices: async ({ query }) => {
      const rollout = countOf(query, "rollout");
      const ids = rollout === undefined ? undefined : await wavesOfDevices.opened(rollout);
      return (await list.page({ ...parseFilter(query), ids })).map(wireDeviceInfo);
    },
    getDevice: async ({ params }) => {
      const device = await list.get(params.id ?? "");
      return wireDevice(device, await wavesOfDevices.ahead(device.waits, device.id));
    },
    getPlan: async ({ params }) => {
      const plan = await lookAhead.plan(params.id ?? "");
      const steps = [...plan.steps, ...plan.later.flatMap((later) => later.steps)];
      const revisions = plan.later.map(({ revision }) => revision);
      return wireDevicePlan(plan, packets.tagsOf(steps), await wavesOfDevices.ahead(revisions, plan.id));
    },
    explain: async ({ params, query: { name = "", tags } }) => {
      const wanted = tags === undefined ? undefined : parseTagList(tags);
      const explanation = await lookAhead.explain(params.id ?? "", name, wanted);
      const { waits, id } = explanation;
      return wireExplanation(explanation, await wavesOfDevices.ahead(waits, id));
    },
  };
}
