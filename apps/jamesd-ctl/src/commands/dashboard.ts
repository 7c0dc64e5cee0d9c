import { once } from "node:events";
import { flag, parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { DashboardServer } from "../dashboard/dashboard-server.ts";
import { openBrowser } from "../dashboard/open-browser.ts";

/** Shows the fleet in a browser on this machine, until it is interrupted. */
export const dashboard = defineCommand({
  name: "dashboard",
  aliases: [],
  summary: "show the fleet in a browser on this machine, with your certificate; Ctrl-C ends it",
  options: {
    port: parsed({
      value: "N",
      help: "port on 127.0.0.1; any that is free unless given",
      parse: parsePort,
      default: 0,
    }),
    noOpen: flag({ help: "print the address only, and open no browser" }),
    write: flag({ help: "let the pages change what you may change; else they only show" }),
  },
  defaultFormat: "table",
  async handler({ port, write, noOpen }, { connect, signal }) {
    const { ASSETS } = await import("@jamesd/dashboard/assets");
    const server = new DashboardServer({
      assets: ASSETS,
      client: connect(),
      mayWrite: write,
      port,
      now: Date.now,
    });
    const address = await server.listen();
    const close = noOpen ? undefined : openBrowser(address);
    const lines = async function* () {
      yield { data: { address }, text: [address] };
      if (!signal.aborted) await once(signal, "abort");
      close?.();
      await server.close();
    };
    return { lines: lines() };
  },
});

const PORTS = 65_536;

/** @throws JamesError USAGE */
function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : PORTS;
  if (port < PORTS) return port;
  throw new JamesError("USAGE", `${JSON.stringify(text)} is no port`, { hint: "Give a number up to 65535." });
}
