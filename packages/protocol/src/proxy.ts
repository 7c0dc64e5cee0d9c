import { JamesError } from "@jamesd/model";
import { type Address, addressText, parseAddress } from "./address.ts";

/** An HTTP proxy that servers are reached through, by CONNECT. */
export interface HttpProxy extends Address {
  /** Who asks it; undefined: it wants to know of nobody. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** Where a server is, and what it is reached through; undefined: it is reached directly. */
export interface Way extends Address {
  readonly proxy?: HttpProxy;
}

/** Instead of a proxy: none, whatever others say. */
const NONE = "none";

// What stands before the last @ is the user's, also where it should have been encoded.
const PROXY = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:(.*)@)?([^@]*:\d{1,5})\/?$/is;
const CONTROLS = /[^ -~\x80-\uFFFF]/;

const HINT = "Write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, or none to go directly.";

/** Reads `http://[USER[:PASSWORD]@]HOST:PORT` or `none`. What is wrong is said without the text: it may have a password. @throws JamesError USAGE */
export function parseProxy(text: string): HttpProxy | undefined {
  if (text === NONE) return undefined;
  const [, scheme = "http", user, place] = PROXY.exec(text) ?? [];
  checkScheme(/^([a-z0-9+.-]+):\/\//i.exec(text)?.[1] ?? scheme);
  if (place === undefined) throw unreadable("it is no address of an HTTP proxy, with its port");
  const { host, port } = parseAddress(place);
  if (host === "" || port === 0) throw unreadable("it names no host or port");
  return { host, port, ...(user !== undefined && { user: readUser(user) }) };
}

/** A proxy as messages name it: without who asks it. */
export function proxyText(proxy: HttpProxy): string {
  return addressText(proxy);
}

/** A proxy as an URL, with who asks it: a secret. */
export function proxyUrl(proxy: HttpProxy): string {
  const { user } = proxy;
  const who = user ? `${encodeURIComponent(user.name)}:${encodeURIComponent(user.password)}@` : "";
  return `http://${who}${addressText(proxy)}`;
}

function checkScheme(scheme: string): void {
  const name = scheme.toLowerCase();
  if (name === "http") return;
  if (name.startsWith("socks"))
    throw new JamesError("USAGE", "proxies of SOCKS are not known here", {
      hint: "Name an HTTP proxy that lets CONNECT through: http://HOST:PORT; or none to go directly.",
    });
  if (name === "https")
    throw new JamesError("USAGE", "proxies that are spoken to over TLS (https://) are not known here", {
      hint: "Most of them take http:// as well. The server is spoken to over TLS from end to end, through any proxy.",
    });
  throw unreadable(`${scheme}:// is none of HTTP`);
}

function readUser(text: string): { readonly name: string; readonly password: string } {
  const [name = "", ...rest] = text.split(":");
  const user = { name: decoded(name), password: decoded(rest.join(":")) };
  // Between the two stands a colon when they are sent (RFC 7617, section 2).
  if (CONTROLS.test(user.name + user.password) || user.name.includes(":"))
    throw unreadable("its user or password has a control character, or its user a colon");
  return user;
}

/** What was not encoded stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unreadable(why: string): JamesError {
  return new JamesError("USAGE", `the proxy cannot be read: ${why}`, { hint: HINT });
}
