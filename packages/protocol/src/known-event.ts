import { isKnownKind } from "./event-kinds.ts";
import type { Event, ShownEvent } from "./schema-event.ts";

/** True of what this version knows. */
export function isKnownEvent(event: ShownEvent): event is Event {
  return isKnownKind(event.kind);
}
