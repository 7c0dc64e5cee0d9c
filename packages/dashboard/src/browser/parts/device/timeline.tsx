import type { ShownEvent } from "@jamesd/protocol";
import { happened, isoTime } from "@jamesd/protocol/words";

/** What happened to a device, newest first. */
export function Timeline({ events }: { readonly events: readonly ShownEvent[] }) {
  if (events.length === 0) return null;
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      <ol class="items" reversed>
        {events.toReversed().map((event) => (
          <li key={event.sequence}>
            <time class="faint">{isoTime(event.time)}</time> {event.author}: {happened(event)}
          </li>
        ))}
      </ol>
    </section>
  );
}
