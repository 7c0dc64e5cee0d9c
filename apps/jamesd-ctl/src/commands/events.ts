import { EVENT_KINDS } from "@jamesd/protocol/operator";
import { defineCommand } from "../cli/command.ts";
import { wordList } from "../cli/lists.ts";
import { readEvents } from "../follow/read-events.ts";
import { eventLine, eventView } from "../views/event-view.ts";
import { EVENT_FLAGS, eventsRequest } from "./event-flags.ts";
import { anyDeviceFlag } from "./id-flags.ts";

/** Prints the event log. */
export const events = defineCommand({
  name: "events",
  aliases: [],
  summary: "print what happened in the fleet: who, what, when, from where",
  options: {
    id: anyDeviceFlag,
    kinds: wordList({ help: "only such events", words: EVENT_KINDS }),
    ...EVENT_FLAGS,
  },
  defaultFormat: "table",
  async handler({ id, kinds, ...flags }, { connect, signal }) {
    const request = { ...eventsRequest(flags), device: id, kinds };
    const lines = async function* () {
      for await (const event of readEvents(connect(), request, signal))
        yield { data: eventView(event), text: [eventLine(event)] };
    };
    return { lines: lines() };
  },
});
