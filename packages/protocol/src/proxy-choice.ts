import { JamesError } from "@jamesd/model";
import type { Address } from "./address.ts";
import { isLoopback, isNamed } from "./no-proxy.ts";
import { type HttpProxy, parseProxy, type Way } from "./proxy.ts";

/** What servers are reached through. */
export interface ProxyChoice {
  /** As somebody has written it for this program: it may have a password. */
  readonly written?: string;
  /** @throws JamesError USAGE when what a variable of the system says cannot be used */
  readonly of: (server: Address) => HttpProxy | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The option by which programs are told; what it says counts for every server, and the variables then do not. */
export const PROXY_OPTION = {
  value: "URL",
  help: "the HTTP proxy that the server is reached through: http://[USER:PASSWORD@]HOST:PORT; none: directly; unless given, https_proxy and no_proxy count",
  parse: parseProxyChoice,
  default: { of: () => undefined } as ProxyChoice,
  usual: variablesChoice,
} as const;

/** The way to a server. @throws JamesError as `ProxyChoice.of` */
export function wayTo(server: Address, choice: ProxyChoice): Way {
  const proxy = choice.of(server);
  return proxy ? { ...server, proxy } : server;
}

function parseProxyChoice(written: string): ProxyChoice {
  const proxy = parseProxy(written);
  return { written, of: () => proxy };
}

/** As other programs read the variables of the system: the ones in small letters first, this machine itself always directly. */
function variablesChoice(env: Variables): ProxyChoice {
  const name = ["https_proxy", "HTTPS_PROXY"].find((each) => env[each]);
  const exceptions = env.no_proxy || env.NO_PROXY || "";
  return {
    of: (server) =>
      name === undefined || isLoopback(server.host) || isNamed(server, exceptions)
        ? undefined
        : parseVariable(name, env[name] ?? ""),
  };
}

function parseVariable(name: string, text: string): HttpProxy | undefined {
  try {
    return parseProxy(text);
  } catch (cause) {
    const { code, message, hint } = JamesError.from(cause);
    throw new JamesError(code, `${name}: ${message}`, { hint: `${hint} --proxy counts before it.`, cause });
  }
}
