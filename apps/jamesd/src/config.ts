import { DEFAULT_LIMITS, parseLimits } from "@jamesd/archive/safe-path";
import {
  choice,
  count,
  duration,
  flag,
  list,
  map,
  parseCount,
  parsed,
  size,
  text,
  type Values,
} from "@jamesd/config";
import { parseAddress } from "@jamesd/protocol";
import { parseDashboardUrl } from "./dashboard-url.ts";
import { parseScopes } from "./scopes.ts";

const ADDRESS = { value: "HOST:PORT", check: (given: string) => parseAddress(given) };

/** Every setting of jamesd. */
export const OPTIONS = {
  addr: text({
    ...ADDRESS,
    default: ":2761",
    help: "address to listen on",
  }),
  data: text({ value: "DIR", default: "/var/lib/jamesd", help: "folder for the database and the blobs" }),
  ca: text({
    value: "FILE",
    default: "/etc/jamesd/pki/ca.crt",
    help: "certificate of the CA that signs clients",
    credential: "ca.crt",
  }),
  cert: text({
    value: "FILE",
    default: "/etc/jamesd/pki/jamesd.crt",
    help: "certificate of this server",
    credential: "jamesd.crt",
  }),
  key: text({
    value: "FILE",
    default: "/etc/jamesd/pki/jamesd.key",
    help: "private key of this server",
    credential: "jamesd.key",
  }),
  ticketKeys: text({
    value: "FILE",
    help: "file in memory, as in /run, that keeps what TLS sessions are taken up by across a restart; they are not unless given",
  }),
  crl: text({
    value: "FILE",
    help: "lists of revoked certificates (CRL) of the authorities in --ca and --device-ca; whoever is on them is locked out",
  }),
  crlStrict: flag({ help: "let nobody in by an authority whose list in --crl is past its date" }),
  deviceCa: text({
    value: "FILE",
    help: "certificate of the CA that signs devices alone: whoever has one of it is a device, whatever it says",
    credential: "device-ca.crt",
  }),
  deviceCaKey: text({
    value: "FILE",
    help: "private key of --device-ca; without it requests wait until somebody signs them elsewhere",
    credential: "device-ca.key",
  }),
  deviceLifetime: duration({
    default: "90d",
    isAge: true,
    help: "how long the certificates of --device-ca are good",
  }),
  renewExpired: duration({
    default: "365d",
    isAge: true,
    help: "how long after its end the last certificate of a device is renewed on --enroll-addr without an operator",
  }),
  enrollAddr: text({
    ...ADDRESS,
    help: "address on which new devices ask to join, usually port 2762; nowhere unless given",
  }),
  metricsAddr: text({
    ...ADDRESS,
    help: "address that tells whomever by plain HTTP how the server is (/metrics, /healthz, /readyz), usually localhost:2763; nowhere unless given",
  }),
  dashboardAddr: text({
    ...ADDRESS,
    help: "address of the dashboard for browsers that have a person's certificate; nowhere unless given",
  }),
  dashboardUrl: parsed({
    value: "URL",
    help: "where browsers elsewhere find the dashboard, as in https://fleet.example:8443; unless given its address, or for every address a name in the certificate",
    parse: parseDashboardUrl,
  }),
  webhook: list({
    value: "URL,URL",
    help: "addresses that are told of events, each signed, and again until they answer 2xx",
  }),
  webhookSecretFile: text({
    value: "FILE",
    help: "secrets that webhooks are signed with, one whsec_... a line",
  }),
  webhookEvents: list({
    value: "NAME,NAME",
    help: "events that webhooks are told of, or all; unless given those that people want to be woken for",
  }),
  webhookCa: text({
    value: "FILE",
    help: "certificates of the authorities of webhooks; those that this system trusts unless given",
  }),
  webhookPlain: flag({
    help: "let webhooks on other machines be http://, which anybody on the way can read",
  }),
  operators: list({
    value: "CN,CN",
    help: "common names that are operators, whatever their certificates say",
  }),
  viewers: list({ value: "CN,CN", help: "common names that are viewers, whatever their certificates say" }),
  scopes: map({
    help: "what of the fleet operators may change, by their common names; who is not in it may change all that its certificate lets it",
    parse: parseScopes,
    default: new Map(),
  }),
  maxAtOnce: parsed({
    value: "N",
    help: "devices that one change, also of a packet, may give something else at once; for more it has to spread in waves (--waves) or to say --now; any number unless given",
    parse: parseNumber,
  }),
  fourEyes: flag({
    help: "let nobody approve or promote a rollout that it began itself, nor accept its failures or end it with --now",
  }),
  maxHold: duration({ default: "5m", help: "longest time a check-in is held" }),
  drain: duration({
    default: "10s",
    help: "time over which held check-ins are let go when the server stops, sooner where they are few; each is told when to come back",
  }),
  maxHeld: parsed({
    value: "N",
    help: "check-ins held at once; unless given as many as half of the memory and three quarters of the files that may be open bear; other devices are told when to ask again",
    parse: parseCount,
  }),
  maxDownloads: count({
    default: "200",
    help: "downloads under way at once; more wait up to 5s for their turn, fairly among certificates",
  }),
  maxRequests: count({
    default: "1000",
    help: "requests a second of one certificate, of which four seconds are saved up; more are refused for a while",
  }),
  gcEvery: duration({
    default: "24h",
    help: "time between two collections of blobs that no packet needs; 0s: only by jamesd gc",
  }),
  keepEvents: duration({
    default: "90d",
    isAge: true,
    help: "how long events are kept in the log; 0s: for ever, up to 10,000 of each device, of 16 MiB",
  }),
  deltaMemory: size({
    default: "1GiB",
    help: "memory that making a delta between two packets may take; 0B: no deltas",
  }),
  madeBlobs: size({
    default: "4GiB",
    help: "room on the disk for deltas and whole bundles; what was not asked for longest goes first",
  }),
  limits: parsed({
    value: "KEY=N,KEY=N",
    help: "what an archive may be like, as in entries=100000,bytes=8GiB",
    parse: (given) => parseLimits(given),
    default: DEFAULT_LIMITS,
  }),
  deviceReads: choice({
    choices: ["own", "any"],
    default: "own",
    help: "the packets and blobs that a device may read: its own, or any whose digest it knows, as for a cache in front that comes with a device's certificate",
  }),
  logLevel: text({
    value: "LEVEL",
    default: "info",
    help: "fatal, error, warn, info, debug, trace or silent",
  }),
  logFile: text({
    value: "FILE",
    help: "append the log to this file, which SIGHUP opens anew; standard error unless given",
  }),
};

function parseNumber(given: string): number {
  return given === "0" ? 0 : parseCount(given);
}

export type Config = Values<typeof OPTIONS>;

export const ENV_PREFIX = "JAMESD_";
export const CONFIG_FILES = ["/etc/jamesd/jamesd.yaml"];
