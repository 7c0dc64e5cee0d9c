import { flag } from "@jamesd/config";
import { pathOf } from "@jamesd/dashboard/places";
import { JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import { type Context, defineCommand } from "../cli/command.ts";
import { askAbout } from "../server/ask-about.ts";
import { deviceView } from "../views/device-view.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Prints everything the server knows of a device. */
export const getDevice = defineCommand({
  name: "get-device",
  aliases: ["get-system"],
  summary: "print all about a device: state, desired state, last transaction",
  options: {
    id: deviceIdFlag,
    qr: flag({
      help: "print where the server's dashboard shows it, with a QR code for the camera of a phone; as data with --output yaml or json",
    }),
  },
  defaultFormat: "yaml",
  async handler({ id, qr }, { connect, signal }) {
    const client = connect();
    const device = await client.call("getDevice", { params: { id }, signal });
    if (!qr) return { data: deviceView(device) };
    const url = await pageOf(client, id, signal);
    return { data: { id, url }, link: url };
  },
});

/** Where the dashboard of the server shows a device. @throws JamesError DASHBOARD_NOT_OFFERED */
async function pageOf(client: Client, id: string, signal: Context["signal"]): Promise<string> {
  const about = await askAbout(client, signal);
  const base = about?.dashboard;
  if (base?.startsWith("https://") && URL.canParse(base)) return new URL(pathOf("devices", id), base).href;
  throw new JamesError("DASHBOARD_NOT_OFFERED", `${client.where} names no dashboard that a phone reaches`, {
    hint: "Start jamesd with --dashboard-addr :8443, and with --dashboard-url https://HOST:8443 where its certificate has no name that other machines know; jamesd-ctl dashboard shows it on this machine.",
  });
}
