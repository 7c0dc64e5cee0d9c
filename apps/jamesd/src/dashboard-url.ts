import { isIP } from "node:net";
import { JamesError } from "@jamesd/model";
import { parseAddress } from "@jamesd/protocol";

/** What is listened on by these is every address of this machine. */
const EVERY = new Set(["", "0.0.0.0", "::"]);
/** As a URL has it, what leads from no other machine to this one: loopback, what means something on one link only, nothing at all. */
const NOT_REACHED =
  /^(?:(?:.*\.)?localhost|127\..*|0\.0\.0\.0|169\.254\..*|\[(?:::1?|::ffff:7f.*|fe[89ab][\da-f]:.*)\])$/;

/** What says where the dashboard is. */
interface DashboardSettings {
  /** Where it listens; undefined: nowhere. */
  readonly dashboardAddr: string | undefined;
  /** Where browsers find that. */
  readonly dashboardUrl: string | undefined;
}

/**
 * Where browsers on other machines find the dashboard: as `--dashboard-url` says, else by the address that it listens on,
 * or by the server's name where that is every address.
 * @param names what the server's certificate is good for @returns undefined: there is none, or no way to it is known
 */
export function dashboardUrl(
  { dashboardAddr, dashboardUrl: said }: DashboardSettings,
  names: readonly string[],
): string | undefined {
  if (dashboardAddr === undefined) return undefined;
  if (said !== undefined) return said;
  const { host, port } = parseAddress(dashboardAddr);
  // Port 0 is any that is free.
  if (port === 0) return undefined;
  return EVERY.has(host) ? bestOf(names, port) : originOf(host, port);
}

/** Where the name of a domain leads, else an address. A name alone is one that only its own network may know. */
function bestOf(names: readonly string[], port: number): string | undefined {
  const ofDomain = names.filter((name) => isIP(name) === 0 && name.includes(".") && !name.includes("*"));
  const addresses = names.filter((name) => isIP(name) !== 0);
  return [...ofDomain, ...addresses].map((name) => originOf(name, port)).find((one) => one !== undefined);
}

/** Where a name or address leads; undefined when that is nowhere for other machines. */
function originOf(host: string, port: number): string | undefined {
  const text = `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const url = URL.parse(text);
  return url && !NOT_REACHED.test(url.hostname) ? url.origin : undefined;
}

/** Reads `--dashboard-url`. @throws JamesError USAGE */
export function parseDashboardUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === "https:" && url.href === `${url.origin}/`) return url.origin;
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not where a dashboard can be`, {
    hint: "Write https://HOST:PORT, such as https://fleet.example:8443: it has an origin for itself.",
  });
}
