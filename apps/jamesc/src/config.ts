import { statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { type ArchiveLimits, DEFAULT_LIMITS, parseLimits } from "@jamesd/archive/safe-path";
import {
  choice,
  duration,
  exposedSecret,
  flag,
  formatSize,
  list,
  type Option,
  parsed,
  size,
  text,
  type Values,
} from "@jamesd/config";
import { checkOwnFile, checkOwnWay } from "@jamesd/disk";
import { JamesError, parseTags, type Tag } from "@jamesd/model";
import { DEFAULT_ENROLL_PORT, PROXY_OPTION, parseAddress, type Way, wayTo } from "@jamesd/protocol/device";
import { type Choice, chooseIdentity, type IdentityPlaces } from "./identity/choose.ts";
import { identityPaths } from "./identity/saved-identity.ts";

export const ENV_PREFIX = "JAMESC_";
export const CONFIG_FILES = ["/etc/jamesc/jamesc.yaml"] as const;

const ADDRESS = { value: "HOST:PORT", check: (given: string) => parseAddress(given) };

/** Every setting of the agent; flags, variables, configuration file and help text come from here. */
export const OPTIONS = {
  addr: text({ ...ADDRESS, help: "where the server is", default: "localhost:2761" }),
  serverName: text({ value: "NAME", help: "the name in the server's certificate", default: "jamesd" }),
  proxy: parsed(PROXY_OPTION),
  ca: text({
    value: "FILE",
    help: "certificate of the authority",
    default: "/etc/jamesc/pki/ca.crt",
    credential: "ca.crt",
  }),
  cert: text({
    value: "FILE",
    help: "certificate of this device; its common name is the device's id",
    default: "/etc/jamesc/pki/device.crt",
    credential: "device.crt",
  }),
  key: text({
    value: "FILE",
    help: "private key of the certificate",
    default: "/etc/jamesc/pki/device.key",
    credential: "device.key",
  }),
  enroll: text({
    value: "TOKEN",
    help: "join with this token of jamesd-ctl enroll-token first, unless this device has an identity; -: read it from standard input, for all users of a machine see command lines",
  }),
  enrollTokenFile: text({
    value: "FILE",
    help: "the same with the token in a file",
    credential: "enroll.token",
  }),
  enrollQueue: flag({
    help: "the same without a token: an operator decides; --ca says who vouches for the server",
  }),
  enrollAddr: text({
    ...ADDRESS,
    help: "where the server's listener for joining is, which also renews a certificate that has ended; the host of --addr and port 2762 unless given",
  }),
  id: text({ value: "ID", help: "the id to join as; the name of the machine unless given" }),
  installRoot: text({ value: "DIR", help: "where packets are unpacked", default: "/" }),
  stateDir: text({
    value: "DIR",
    help: "what the agent has to remember, one agent a folder",
    default: "/var/lib/jamesc",
  }),
  updateLock: text({
    value: "FILE",
    help: "a file that applications lock (flock) to keep updates away; update.lock in the state directory unless given",
  }),
  systemTags: list({ help: "system tags besides the detected ones" }),
  noDetectTags: flag({ help: "use only the listed system tags" }),
  interval: duration({
    help: "time between two check-ins, or that the server may hold one",
    ...{ default: "60s", least: "100ms", most: "1d" },
  }),
  poll: flag({ help: "ask every interval instead of letting the server hold the check-in" }),
  once: flag({ help: "check in once, carry out what the server says, report and end" }),
  scriptTimeout: duration({
    help: "how long a packet's script may run",
    ...{ default: "5m", least: "1ms", most: "1d" },
  }),
  healthcheckTimeout: duration({
    help: "how long a packet's healthcheck may take to succeed, tries and pauses together",
    ...{ default: "1m", least: "1ms", most: "1d" },
  }),
  acceptRoot: flag({
    help: "take the install root, and what is mounted below it, as they are now, though they are not as they were; give it once",
  }),
  limits: parsed({
    value: "KEY=N,KEY=N",
    help: "what a packet may be like, as in entries=100000,bytes=8GiB",
    parse: (given) => parseLimits(given),
    default: DEFAULT_LIMITS,
  }),
  rateLimit: size({
    help: "bytes a second to download at most, such as 500KiB, over all connections together; none unless given",
  }),
  noDrift: flag({ help: "do not look from time to time whether files are still as packets have them" }),
  driftInterval: duration({
    help: "time between two looks at whether something was done to files of packets",
    ...{ default: "1h", least: "100ms", most: "7d" },
  }),
  driftFullInterval: duration({
    help: "after how long the contents of all files of packets are compared again",
    ...{ default: "24h", least: "100ms", most: "366d", isAge: true },
  }),
  driftRate: size({ help: "bytes a second to read at most for that", default: "8MiB" }),
  logLevel: choice({
    help: "least important log lines to write",
    choices: ["debug", "info", "warn", "error"],
    default: "info",
  }),
  logFile: text({
    value: "FILE",
    help: "append the log to this file, which SIGHUP opens anew; standard error unless given",
  }),
} as const satisfies Record<string, Option<unknown>>;

/** The agent's settings, checked. */
export interface Settings {
  readonly address: Way;
  readonly serverName: string;
  /** Where the listener for joining is. */
  readonly enrollAddress: Way;
  readonly places: IdentityPlaces;
  /** Who this device was when it started. */
  readonly choice: Choice;
  readonly deviceId: string;
  readonly installRoot: string;
  /** Absolute paths of what the agent itself runs by: certificates, key, configuration, program. */
  readonly ownFiles: readonly string[];
  readonly stateDir: string;
  /** What is not as it should be with the files above, and is used all the same. */
  readonly warnings: readonly string[];
  /** While it is held, no plan begins. */
  readonly updateLock: string;
  readonly listedTags: readonly Tag[];
  readonly detectTags: boolean;
  readonly intervalMs: number;
  readonly poll: boolean;
  readonly once: boolean;
  readonly scriptTimeoutMs: number;
  readonly healthcheckTimeoutMs: number;
  readonly acceptRoot: boolean;
  readonly limits: ArchiveLimits;
  /** Bytes a second; undefined: no limit. */
  readonly rateLimit: number | undefined;
  readonly noDrift: boolean;
  readonly driftIntervalMs: number;
  readonly driftFullMs: number;
  /** Bytes a second. */
  readonly driftRate: number;
  readonly logLevel: Values<typeof OPTIONS>["logLevel"];
  /** Undefined: standard error. */
  readonly logFile: string | undefined;
}

/** Below it an update takes days, and a typing error is likelier than a wish. */
const LEAST_RATE = 1024;

/**
 * Checks all that can be checked before anything is touched.
 * @throws JamesError USAGE, TAG_INVALID, CONFIG_INVALID, FILE_UNREADABLE, CERTIFICATE_INVALID, ROLE_FORBIDDEN, FOLDER_UNSAFE
 */
export function checkSettings(
  values: Values<typeof OPTIONS>,
  configFile: string = CONFIG_FILES[0],
): Settings {
  const checked = checkValues(values, configFile);
  const choice = chooseIdentity(checked.places);
  const warnings = [...checked.warnings, ...choice.warnings];
  return { ...checked, choice, deviceId: choice.identity.deviceId, warnings };
}

/** As `checkSettings`, but for who this device is, which it need not know yet. @throws JamesError USAGE, TAG_INVALID, CONFIG_INVALID, FOLDER_UNSAFE */
export function checkValues(
  values: Values<typeof OPTIONS>,
  configFile: string = CONFIG_FILES[0],
): Omit<Settings, "choice" | "deviceId"> {
  const { files: believed, warnings } = checkBelieved(values, configFile);
  const places = placesOf(values);
  return {
    address: wayTo(parseAddress(values.addr), values.proxy),
    enrollAddress: enrollAddressOf(values),
    serverName: values.serverName,
    places,
    installRoot: existingFolder("install-root", values.installRoot),
    ownFiles: [...believed.filter((path) => path !== "").map((path) => resolve(path)), ...ownProgram()],
    warnings,
    stateDir: places.stateDir,
    updateLock: lockFileOf(values),
    listedTags: parseTags(values.systemTags),
    detectTags: !values.noDetectTags,
    intervalMs: values.interval,
    poll: values.poll,
    once: values.once,
    scriptTimeoutMs: values.scriptTimeout,
    healthcheckTimeoutMs: values.healthcheckTimeout,
    acceptRoot: values.acceptRoot,
    limits: values.limits,
    rateLimit: checkedRate(values.rateLimit),
    noDrift: values.noDrift,
    driftIntervalMs: values.driftInterval,
    driftFullMs: values.driftFullInterval,
    driftRate: Math.max(LEAST_RATE, values.driftRate),
    logLevel: values.logLevel,
    logFile: values.logFile,
  };
}

/**
 * The files that tell an agent whom to obey, with what is not as it should be with them. To be called before the log is
 * opened. @throws JamesError FOLDER_UNSAFE when others may write to one, or to where the log is
 */
function checkBelieved(
  { ca, cert, key, enrollTokenFile, stateDir, logFile, proxy }: Values<typeof OPTIONS>,
  configFile: string = CONFIG_FILES[0],
): { readonly files: readonly string[]; readonly warnings: readonly string[] } {
  const identities = Object.values(identityPaths(resolve(stateDir)));
  // A token names the authority of the server: whoever writes it decides whose device this becomes.
  const token = enrollTokenFile === undefined ? [] : [enrollTokenFile];
  const files = [ca, cert, key, ...identities, configFile, ...token];
  const { written = "" } = proxy;
  const exposed = written.includes("@")
    ? exposedSecret("who asks the proxy", written, process.argv, [configFile])
    : undefined;
  const warnings = [...files.map(checkOwnFile), exposed].filter((warning) => warning !== undefined);
  if (logFile !== undefined) checkOwnWay(logFile);
  return { files, warnings };
}

/** Where this device's identities may be, by the settings. */
export function placesOf({
  ca,
  cert,
  key,
  stateDir,
}: Pick<Values<typeof OPTIONS>, "ca" | "cert" | "key" | "stateDir">): IdentityPlaces {
  return { paths: { ca, cert, key }, stateDir: resolve(stateDir) };
}

/** Where the listener for joining is, unless told where the server is. @throws JamesError USAGE */
export function enrollAddressOf({
  addr,
  enrollAddr,
  proxy,
}: Pick<Values<typeof OPTIONS>, "addr" | "enrollAddr" | "proxy">): Way {
  if (enrollAddr !== undefined) return wayTo(parseAddress(enrollAddr, DEFAULT_ENROLL_PORT), proxy);
  return wayTo({ host: parseAddress(addr).host, port: DEFAULT_ENROLL_PORT }, proxy);
}

/** The file that applications lock to keep updates away. */
export function lockFileOf({
  updateLock,
  stateDir,
}: Pick<Values<typeof OPTIONS>, "updateLock" | "stateDir">): string {
  return resolve(updateLock ?? join(stateDir, "update.lock"));
}

/** In a single executable there is no script; its place has the word that it was called by. */
function ownProgram(): readonly string[] {
  return [process.execPath, process.argv[1] ?? ""].filter((path) => isAbsolute(path));
}

function existingFolder(flagName: string, path: string): string {
  const absolute = resolve(path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) return absolute;
  throw new JamesError("CONFIG_INVALID", `--${flagName}: ${absolute} is not a directory`, {
    hint: "Make it, or name another.",
  });
}

function checkedRate(rate: number | undefined): number | undefined {
  if (rate === undefined || rate >= LEAST_RATE) return rate;
  throw new JamesError("USAGE", `--rate-limit: ${formatSize(rate)} a second is too little`, {
    hint: `Give at least ${formatSize(LEAST_RATE)}, or leave it out for no limit.`,
  });
}
