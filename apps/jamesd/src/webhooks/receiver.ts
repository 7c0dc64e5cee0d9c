import { createHash } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { JamesError } from "@jamesd/model";

/** Who is told of events. */
export interface Receiver {
  readonly url: URL;
  /** By which it is kept how far it was told: its address may hold a secret. */
  readonly key: string;
  /** For logs and metrics: where it is, without what may be secret. */
  readonly name: string;
}

/** Each takes a connection, and a position. */
const MOST = 8;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");

/** The receivers of these addresses. @param isPlain they may be without TLS on other machines too @throws JamesError USAGE */
export function receiversOf(urls: readonly string[], isPlain: boolean): readonly Receiver[] {
  const counts = new Map<string, number>();
  const receivers = urls.map((written) => {
    const url = parse(written, isPlain);
    const count = (counts.get(url.host) ?? 0) + 1;
    counts.set(url.host, count);
    return {
      url,
      key: createHash("sha256").update(url.href).digest("hex"),
      name: count > 1 ? `${url.host}#${count}` : url.host,
    };
  });
  if (receivers.length > MOST || new Set(receivers.map(({ key }) => key)).size < receivers.length)
    throw usage(`there are more than ${MOST} webhooks, or one comes twice`, "Name each once.");
  return receivers;
}

function parse(written: string, isPlain: boolean): URL {
  const url = URL.parse(written);
  if (url?.protocol === "https:") return url;
  if (url?.protocol !== "http:")
    throw usage("a webhook is no address", "Write https://HOST/PATH, or http:// for this machine.");
  if (isPlain || isLoopback(url.hostname)) return url;
  throw usage(
    `a webhook of ${url.host} is without TLS`,
    "Write https://, or let it be with --webhook-plain: on the way anybody can read it.",
  );
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  const version = isIP(host);
  return version === 0 ? host === "localhost" : LOOPBACK.check(host, version === 6 ? "ipv6" : "ipv4");
}

function usage(message: string, hint: string): JamesError {
  return new JamesError("USAGE", message, { hint });
}
