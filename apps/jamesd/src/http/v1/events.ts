import type * as wire from "@jamesd/protocol";
import type { Event } from "../../repository/event.ts";
import type { Answer } from "./answer.ts";

/** An event as it goes over the wire: this version says them in the words of the log. Where they part, this does not compile. */
export function wireEvent(event: Event): Answer<wire.Event> {
  return event;
}
