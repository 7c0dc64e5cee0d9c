import "./device.css";
import { shellWord } from "@jamesd/model";
import type { Device, DevicePlan, ShownEvent } from "@jamesd/protocol";
import { syncText } from "../../logic/device-story.ts";
import { pathOf } from "../../logic/places.ts";
import { query } from "../../logic/query.ts";
import { agoText } from "../../logic/time-text.ts";
import { now } from "../due.ts";
import { useLoaded } from "../load.ts";
import { DeviceActions, useActing } from "../parts/device/actions.tsx";
import { Apps } from "../parts/device/apps.tsx";
import { DriftOf } from "../parts/device/drift.tsx";
import { Facts } from "../parts/device/facts.tsx";
import { Plan } from "../parts/device/plan.tsx";
import { Tags } from "../parts/device/tags.tsx";
import { Timeline } from "../parts/device/timeline.tsx";
import { Transactions } from "../parts/device/transactions.tsx";
import { Why } from "../parts/device/why.tsx";
import { Page } from "../parts/shell.tsx";
import { Status } from "../parts/status.tsx";

/** What is on its way may be otherwise at any time. */
const BUSY_MS = 3000;
const CALM_MS = 30_000;

/** One device: first what somebody needs who stands beside it, then what happened to it. */
export function DevicePage({ id }: { readonly id: string }) {
  const path = `/v1${pathOf("devices", id)}`;
  const ageOf = ({ sync }: { readonly sync: string }) => (sync === "pending" ? BUSY_MS : CALM_MS);
  const device = useLoaded<Device>(path, ageOf);
  const plan = useLoaded<DevicePlan>(`${path}/plan`, ageOf);
  const events = useLoaded<readonly ShownEvent[]>(query("/v1/events", { device: id, last: 100 }), () =>
    device.data ? ageOf(device.data) : CALM_MS,
  );
  const again = () => {
    for (const one of [device, plan, events]) one.again();
  };
  const acting = useActing(again);
  const known = device.data;
  return (
    <Page title={id} command={`describe --id ${shellWord(id)}`}>
      {device.trouble && (
        <p class="bad" role="status">
          {device.trouble.message}
        </p>
      )}
      {known && (
        <div class="device">
          <Head device={known} />
          <Why device={known} />
          <DeviceActions device={known} acting={acting} />
          <Apps device={known} act={acting.act} />
          {plan.data && <Plan plan={plan.data} />}
          {known.drift && known.drift.count > 0 && <DriftOf drift={known.drift} />}
          <Transactions events={events.data ?? []} />
          <Timeline events={events.data ?? []} />
          <Tags device={known} act={acting.act} />
          <Facts device={known} />
        </div>
      )}
    </Page>
  );
}

function Head({ device }: { readonly device: Device }) {
  const { sync, connected, lastSeen, drift } = device;
  const seen = lastSeen === null ? "never seen" : `not connected, seen ${agoText(lastSeen, now.value)}`;
  return (
    <p class="head">
      <Status of="sync" word={sync} text={syncText(device)} />
      <Status
        of="presence"
        word={connected ? "connected" : "not connected"}
        text={connected ? "connected" : seen}
      />
      {drift && drift.count > 0 && <Status of="attention" word="drifted" />}
    </p>
  );
}
