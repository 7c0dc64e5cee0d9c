import {
  choice,
  envName,
  exposedSecret,
  flagName,
  type Option,
  type PresetOption,
  parsed,
  personalFiles,
  type Sources,
  text,
  type Values,
} from "@jamesd/config";
import { COLOR_WORDS, FORMATS } from "@jamesd/config/print";
import { JamesError } from "@jamesd/model";
import { checkCredentials, endingSoon, exposedKey, loadCredentials } from "@jamesd/pki/credentials";
import type { Address } from "@jamesd/protocol";
import { Client, PROXY_OPTION, parseAddress, WIRE, wayTo } from "@jamesd/protocol/operator";

/** Environment variables start with this. */
export const ENV_PREFIX = "JAMESD_";

const DEFAULT_SERVER = "localhost:2761";

/** The settings every command has. */
export const SETTINGS = {
  server: {
    value: "HOST:PORT",
    help: "where jamesd is",
    default: parseAddress(DEFAULT_SERVER),
    defaultText: DEFAULT_SERVER,
    parse: parseAddress,
  } satisfies PresetOption<Address>,
  serverName: text({ value: "NAME", help: "the name in the server's certificate", default: "jamesd" }),
  proxy: parsed(PROXY_OPTION),
  ca: text({ value: "FILE", help: "certificate of the authority" }),
  cert: text({ value: "FILE", help: "your certificate" }),
  key: text({ value: "FILE", help: "your key" }),
  output: text({
    value: "yaml|json|table",
    help: "how to print; the default is table for lists, else yaml",
    words: FORMATS,
  }),
  color: choice({
    choices: COLOR_WORDS,
    default: "auto",
    help: "colours in tables; auto: on a terminal, unless NO_COLOR is set",
  }),
} satisfies Record<string, Option<unknown>>;

export type Settings = Values<typeof SETTINGS>;

/** Where the settings come from besides the flags. */
export function settingsSources(env: NodeJS.ProcessEnv): Sources {
  return { envPrefix: ENV_PREFIX, files: personalFiles("ctl", env), env };
}

/** Opens the way to the server; nothing is sent yet. `warn` is told what is unsafe. @throws JamesError USAGE, FILE_UNREADABLE, CERTIFICATE_INVALID */
export function openClient(settings: Settings, env: NodeJS.ProcessEnv, warn: (text: string) => void): Client {
  const credentials = loadCredentials(credentialPaths(settings, env));
  const { server, serverName, proxy } = settings;
  const exposed = [exposedKey(credentials.paths), exposedProxy(proxy, env)];
  for (const warning of [...exposed, endingSoon(credentials, Date.now())])
    if (warning !== undefined) warn(warning);
  const address = wayTo(server, proxy);
  const { ca, cert, key } = credentials;
  const explain = (error: JamesError): JamesError | undefined =>
    mayBeRefusal(error) ? checkCredentials(credentials, Date.now(), "client") : undefined;
  return new Client({ wire: WIRE, address, serverName, ca, cert, key, explain });
}

function credentialPaths({ ca, cert, key }: Settings, env: NodeJS.ProcessEnv) {
  if (ca !== undefined && cert !== undefined && key !== undefined) return { ca, cert, key };
  const missing = Object.entries({ ca, cert, key }).flatMap(([name, path]) =>
    path === undefined ? [name] : [],
  );
  const flags = missing.map((name) => `--${flagName(name)}`).join(", ");
  const variables = missing.map((name) => envName(name, ENV_PREFIX)).join(", ");
  throw new JamesError("USAGE", `no ${missing.join(", ")} to prove who you are`, {
    hint: `Name the files with ${flags}, with ${variables}, or in ${settingsSources(env).files[0]}; pkitool --add-operator NAME makes them.`,
  });
}

function exposedProxy({ written = "" }: Settings["proxy"], env: NodeJS.ProcessEnv): string | undefined {
  if (!written.includes("@")) return undefined;
  return exposedSecret("who asks the proxy", written, process.argv, settingsSources(env).files);
}

const NO_WAY = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
]);

// A server that refuses a certificate may close the connection before its alert is read.
function mayBeRefusal({ code, cause }: JamesError): boolean {
  if (code === "CERTIFICATE_REFUSED") return true;
  return (
    code === "SERVER_UNREACHABLE" && !NO_WAY.has((cause as NodeJS.ErrnoException | undefined)?.code ?? "")
  );
}
