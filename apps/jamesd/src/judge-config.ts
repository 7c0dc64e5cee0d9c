import { JamesError } from "@jamesd/model";
import type { Config } from "./config.ts";
import type { DeviceAuthority } from "./enrollment/device-authority.ts";
import type { RevocationFile, RevocationLog } from "./http/revocation-file.ts";
import { openDeviceAuthority } from "./joining-server.ts";
import { readWebhooks, type WebhookSettings } from "./open-webhooks.ts";

/** What a configuration names, read as far as it can be without the data folder; undefined: it names none. */
export interface Judged {
  readonly authority: DeviceAuthority | undefined;
  readonly revoked: RevocationFile | undefined;
  readonly webhooks: WebhookSettings | undefined;
}

/**
 * Says what is wrong with a configuration before anything is opened by it: what is refused has changed nothing.
 * @throws JamesError USAGE, FILE_UNREADABLE, CONFIG_INVALID, CERTIFICATE_INVALID
 */
export async function judgeConfig(config: Config, log: RevocationLog): Promise<Judged> {
  const { dashboardAddr, dashboardUrl } = config;
  if (dashboardUrl !== undefined && dashboardAddr === undefined)
    throw new JamesError("USAGE", "--dashboard-url needs --dashboard-addr", {
      hint: "Give the address on which this server shows it, as in --dashboard-addr :8443.",
    });
  return {
    authority: await openDeviceAuthority(config),
    revoked: await revocationFile(config, log),
    webhooks: await readWebhooks(config),
  };
}

// What reads lists takes a library that nobody else needs.
async function revocationFile(
  { crl: path, crlStrict, ca, deviceCa }: Config,
  log: RevocationLog,
): Promise<RevocationFile | undefined> {
  if (path === undefined) return undefined;
  const { RevocationFile } = await import("./http/revocation-file.ts");
  const authorities = [ca, ...(deviceCa === undefined ? [] : [deviceCa])];
  return new RevocationFile({ path, authorities, isStrict: crlStrict, log, now: Date.now });
}
