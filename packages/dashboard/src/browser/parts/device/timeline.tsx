import type { ShownEvent } from "@jamesd/protocol";
import { happened, isoTime } from "@jamesd/protocol/words";
import { Section } from "../section.tsx";

/** What happened to a device, newest first. */
export function Timeline({ events }: { readonly events: readonly ShownEvent[] }) {
  if (events.length === 0) return null;
  return (
    <Section id="events" name="Events">
      <ol class="items" reversed>
        {events.toReversed().map((event) => (
          <li key={event.sequence}>
            <time class="faint">{isoTime(event.time)}</time> {event.author}: {happened(event)}
          </li>
        ))}
      </ol>
    </Section>
  );
}
