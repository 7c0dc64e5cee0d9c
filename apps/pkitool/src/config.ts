import { type FlagValues, flag, parsed, personalFiles, repeatable, type Sources, text } from "@jamesd/config";
import { JamesError, parseScopeText } from "@jamesd/model";
import { DEFAULT_DAYS, DEFAULT_SAN } from "@jamesd/pki";

/** Environment variables start with this. */
export const ENV_PREFIX = "PKITOOL_";

/** What stays the same from one call to the next. */
export const SETTINGS = {
  dir: text({ value: "DIR", help: "the folder of the keys and certificates", default: "pki" }),
  days: {
    ...parsed({
      value: "N",
      help: "how long a certificate is good for",
      parse: parseDays,
      default: DEFAULT_DAYS,
    }),
    defaultText: String(DEFAULT_DAYS),
  },
};

/** What one call is to make. */
export const ORDERS = {
  init: flag({ help: "make the authority: ca.crt and ca.key" }),
  initDeviceCa: flag({
    help: "make the authority that signs devices alone: device-ca.crt and device-ca.key",
  }),
  signRequests: text({
    value: "DIR",
    help: "sign the requests NAME.csr in this folder with the authority for devices, each into NAME.crt beside it",
  }),
  addServer: added("make a certificate for a server of this host name"),
  // The seed says "client" where we say "device".
  addClient: added("make a certificate for a device; NAME is its id"),
  addOperator: added("make a certificate for a person who changes things"),
  p12: added("make NAME.p12 of the certificate NAME in the folder, for a browser, and print its password"),
  p12Legacy: flag({
    help: "with --p12: encrypted with 3DES and SHA-1, for phones and others that say of the right password that it is wrong",
  }),
  scope: parsed({
    value: "SCOPE",
    help: "what the operators that are added may change, as in devices=given:lab&packets=acme-; all unless given",
    parse: parseScopeText,
  }),
  addViewer: added("make a certificate for a person who only reads"),
  san: {
    ...text({ value: "LIST", help: "more names and addresses of the server, with commas" }),
    defaultText: DEFAULT_SAN.join(","),
  },
};

export type Orders = FlagValues<typeof ORDERS>;

/** Where the settings come from besides the flags. */
export function settingsSources(env: NodeJS.ProcessEnv): Sources {
  return { envPrefix: ENV_PREFIX, files: personalFiles("pkitool", env), env };
}

function added(help: string) {
  return repeatable(text({ value: "NAME", help }));
}

function parseDays(given: string): number {
  if (/^[1-9]\d{0,4}$/.test(given)) return Number(given);
  throw new JamesError("USAGE", `${JSON.stringify(given)} is not a number of days`, {
    hint: "Write a whole number from 1 to 99999, such as 365.",
  });
}
