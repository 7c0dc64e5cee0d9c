import type { ShownEvent } from "@jamesd/protocol";
import { happened } from "@jamesd/protocol/words";
import { pathOf } from "../../logic/places.ts";
import { query } from "../../logic/query.ts";
import { useLive } from "../asked.ts";
import { Same, Shown } from "./asked.tsx";
import { Section } from "./section.tsx";
import { Table } from "./table.tsx";
import { Time } from "./time.tsx";

/** So many of them. */
const LAST = 20;

/** What happened last, in words. */
export function LastEvents() {
  const events = useLive<readonly ShownEvent[]>(query("/v1/events", { last: LAST }));
  return (
    <Section id="events" name="Last events">
      <Shown of={events}>{(last) => <Events events={last} />}</Shown>
      <Same command={`events --last ${LAST}`} />
    </Section>
  );
}

function Events({ events }: { readonly events: readonly ShownEvent[] }) {
  if (events.length === 0) return <p class="faint">Nothing happened yet.</p>;
  const rows = events
    .toReversed()
    .map((event) => [<Time key="time" at={event.time} />, <Who key="who" event={event} />, happened(event)]);
  return <Table name="Last events" columns={["time", "who", "what"]} rows={rows} />;
}

/** Who did it; a device is one key or click away. */
function Who({ event }: { readonly event: ShownEvent }) {
  const { author } = event;
  if (!("device" in event) || event.device !== author) return <>{author}</>;
  return (
    <a data-row href={pathOf("devices", author)}>
      {author}
    </a>
  );
}
