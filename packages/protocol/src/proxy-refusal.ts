import { JamesError } from "@jamesd/model";
import { type Address, addressText } from "./address.ts";
import { type HttpProxy, proxyText } from "./proxy.ts";

const STATUS = /^HTTP\/1\.[01] (\d{3})(?: ([\t\x20-\x7E]{0,200}))?/;
const OFFER = /^proxy-authenticate:[ \t]*([A-Za-z0-9-]{1,40})/gim;
/** The proxy did not get through itself. */
const NO_WAY = new Set([500, 502, 503, 504]);
/** 401 is what tinyproxy says. */
const WANTS_USER = new Set([407, 401]);
const FORBIDDEN = new Set([403, 405]);

/** Why a proxy opens no tunnel; undefined when it has opened it. @param head what it answers to CONNECT, without its end; empty when there is none */
export function refusalOf(head: string, server: Address, proxy: HttpProxy): JamesError | undefined {
  const [, digits, reason = ""] = STATUS.exec(head) ?? [];
  const status = Number(digits);
  if (status >= 200 && status < 300) return undefined;
  const name = proxyText(proxy);
  if (digits === undefined)
    return new JamesError("PROXY_REFUSED", `what answers at the proxy ${name} speaks no HTTP`, {
      hint: "See whether it is a proxy that listens there, for http:// and not for https:// or SOCKS.",
    });
  const said = `${digits} ${reason}`.trim();
  return new JamesError(
    "PROXY_REFUSED",
    `the proxy ${name} opens no way to ${addressText(server)}: ${said}`,
    {
      hint: hintFor(
        status,
        server,
        proxy,
        [...head.matchAll(OFFER)].map(([, scheme = ""]) => scheme),
      ),
    },
  );
}

function hintFor(
  status: number,
  { host, port }: Address,
  { user }: HttpProxy,
  offers: readonly string[],
): string {
  if (WANTS_USER.has(status)) return hintForUser(user !== undefined, offers);
  if (FORBIDDEN.has(status))
    return `Have it let CONNECT to port ${port} through; or have jamesd, or what stands before it, listen at a port that it does, such as 443.`;
  if (NO_WAY.has(status))
    return `See whether the proxy can look up ${host} and has a way to port ${port} there, and whether jamesd runs.`;
  return "See the log of the proxy, and whether it is an HTTP proxy that lets CONNECT through.";
}

function hintForUser(isKnown: boolean, offers: readonly string[]): string {
  if (offers.length > 0 && !offers.some((scheme) => scheme.toLowerCase() === "basic"))
    return `It wants ${offers.join(" or ")}, and only Basic is known here.`;
  return isKnown
    ? "See whether user and password are right."
    : "Give it a user and password: http://USER:PASSWORD@HOST:PORT, in a variable or file that nobody else reads.";
}
