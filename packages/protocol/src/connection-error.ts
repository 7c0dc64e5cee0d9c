import { JamesError } from "@jamesd/model";
import { SlowAnswer } from "./pace.ts";
import { type HttpProxy, proxyText } from "./proxy.ts";
import type { WireRoute } from "./wire.ts";

/** What node:tls says of a certificate that it does not take ("X509 certificate error codes"), and of a name that is not in it. */
const SERVER_IDENTITY_CODES = new Set([
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "CERT_SIGNATURE_FAILURE",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "CERT_CHAIN_TOO_LONG",
  "PATH_LENGTH_EXCEEDED",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "INVALID_CA",
  "INVALID_PURPOSE",
]);

/** Advice of Node to who starts node(1), which nobody here does (Node 24). */
const ADVICE_OF_NODE = /; if the root CA is installed locally, try running Node\.js with .*$/;

/** Often it is the clock of who asks that is wrong. */
const OUT_OF_TIME = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

/** As OpenSSL writes it, with what went wrong between numbers and names of files. */
const OPENSSL_ERROR = /:error:[0-9A-F]+:SSL routines:[^:]*:([^:]+)/;

/** Where it ended before it left this machine, or on the way. */
const NAME_CODE = /^(ENOTFOUND|EAI_\w+)$/;
const NO_WAY_CODES = new Set(["ENETUNREACH", "ENETDOWN", "EHOSTUNREACH", "EHOSTDOWN", "EADDRNOTAVAIL"]);

const CUT_CODES = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/** The time for an answer has passed. */
export class NoAnswer extends Error {
  constructor(milliseconds: number) {
    super(`no answer for ${milliseconds / 1000} s`);
  }
}

/**
 * Says in one coded error why a request did not get through. `server` is its address, for the message; `reached`
 * is the route that was asked for, when the server had been reached, and `proxy` what it is reached through.
 */
export function connectionError(
  cause: unknown,
  server: string,
  reached?: WireRoute,
  proxy?: HttpProxy,
): JamesError {
  if (cause instanceof JamesError) return cause;
  const where = proxy ? `${server} through the proxy ${proxyText(proxy)}` : server;
  const { code = "", message } = cause as NodeJS.ErrnoException;
  if (SERVER_IDENTITY_CODES.has(code))
    return new JamesError(
      "SERVER_IDENTITY",
      `${where} did not prove to be the server: ${message.replace(ADVICE_OF_NODE, "")}`,
      {
        hint: OUT_OF_TIME.has(code)
          ? "See whether this machine's clock is right, then whether the server's certificate has to be renewed."
          : `Check the CA certificate, the server name and the server's certificate${proxy ? "; a proxy that opens TLS has to let this server through as it is" : ""}.`,
        cause,
      },
    );
  // OpenSSL's alerts: the server looked at our certificate and ended the handshake (RFC 8446, section 6.2).
  if (/^ERR_SSL_.*ALERT/.test(code) || (code === "EPROTO" && /alert/.test(message)))
    return new JamesError(
      "CERTIFICATE_REFUSED",
      `${where} refused our certificate: ${alertReason(message)}`,
      {
        hint: "Use a certificate that is valid now and signed by the server's CA.",
        cause,
      },
    );
  const [, reason] = OPENSSL_ERROR.exec(message) ?? [];
  if (reason !== undefined)
    return new JamesError(
      "SERVER_UNREACHABLE",
      `cannot reach ${where}: no TLS with what answers there: ${reason}`,
      {
        hint: "Check that it is jamesd that listens there: the address, and its port.",
        cause,
      },
    );
  const cut = howItWasCut(cause, where);
  if (reached && cut !== undefined)
    return new JamesError("SERVER_UNREACHABLE", cut, {
      hint: hintWhenCut(reached, cause instanceof NoAnswer),
      cause,
    });
  const what = NAME_CODE.test(code)
    ? `its name cannot be looked up (${code})`
    : message || eachOf(cause) || code;
  return new JamesError("SERVER_UNREACHABLE", `cannot reach ${where}: ${what || "connection lost"}`, {
    hint: hintOnTheWay(code),
    cause,
  });
}

/** Of a name with several addresses, what became of each. */
function eachOf(cause: unknown): string {
  if (!(cause instanceof AggregateError)) return "";
  return cause.errors.map((error: Error) => error.message).join("; ");
}

function hintOnTheWay(code: string): string {
  if (NAME_CODE.test(code))
    return "See whether this machine has a network and a name server that answers, and whether the name is right.";
  if (NO_WAY_CODES.has(code))
    return "See whether this machine has a network, and a route there; else whether the address is right.";
  return "Check that jamesd runs there and that the address is right.";
}

function alertReason(message: string): string {
  return /alert ([a-z ]+)/.exec(message)?.[1]?.trim() ?? message;
}

function howItWasCut(cause: unknown, where: string): string | undefined {
  if (cause instanceof NoAnswer) return `${where} was reached, but there is ${cause.message}`;
  if (cause instanceof SlowAnswer)
    return `${where} was reached, but its answer comes too slowly: ${cause.message}`;
  const { code = "" } = cause as NodeJS.ErrnoException;
  return CUT_CODES.has(code) ? `the connection to ${where} broke before the whole answer came` : undefined;
}

function hintWhenCut({ method, path, roles, takesBytes }: WireRoute, isSilent: boolean): string {
  const isChange = method !== "GET" && !takesBytes && !roles.includes("device");
  // A server that does not let somebody in may end the connection before its alert is read, and only it knows its clock.
  if (!isChange)
    return `Check that jamesd still runs there and try again${isSilent ? "" : "; its log says if it refused this certificate"}.`;
  const log = /^\/v1\/revisions|\/desired$/.test(path) ? "history" : "events";
  return `The change was made whole or not at all: see jamesd-ctl ${log}. The same again is harmless.`;
}
