import { defineCommand } from "../cli/command.ts";
import { readEvents } from "../follow/read-events.ts";
import { eventLines, eventView } from "../views/event-view.ts";
import { EVENT_FLAGS, eventsRequest } from "./event-flags.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Prints what happened to a device, with what its scripts said. */
export const deviceLog = defineCommand({
  name: "device-log",
  aliases: [],
  summary: "print what happened to a device, with what its scripts said",
  options: { id: deviceIdFlag, ...EVENT_FLAGS },
  defaultFormat: "table",
  async handler({ id, ...flags }, { connect, signal }) {
    const request = { ...eventsRequest(flags), device: id };
    const lines = async function* () {
      for await (const event of readEvents(connect(), request, signal))
        yield { data: eventView(event), text: eventLines(event) };
    };
    return { lines: lines() };
  },
});
