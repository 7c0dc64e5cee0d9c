import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { connectionError } from "@jamesd/protocol";
import { WIRE } from "@jamesd/protocol/operator";

const ALERT =
  "00:error:0A000416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown:../x.c:1:SSL alert";

const TABLE: readonly (readonly [code: string, message: string, expected: string])[] = [
  ["ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:2761", "SERVER_UNREACHABLE"],
  ["ENOTFOUND", "getaddrinfo ENOTFOUND nowhere", "SERVER_UNREACHABLE"],
  ["ENOTFOUND", "getaddrinfo ENOTFOUND red-alert.example.com", "SERVER_UNREACHABLE"],
  ["ECONNRESET", "socket hang up", "SERVER_UNREACHABLE"],
  ["ETIMEDOUT", "", "SERVER_UNREACHABLE"],
  ["", "", "SERVER_UNREACHABLE"],
  ["EPROTO", "write EPROTO wrong version number", "SERVER_UNREACHABLE"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "wrong version number", "SERVER_UNREACHABLE"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "Hostname does not match", "SERVER_IDENTITY"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in chain", "SERVER_IDENTITY"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", "SERVER_IDENTITY"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify", "SERVER_IDENTITY"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get issuer", "SERVER_IDENTITY"],
  ["CERT_SIGNATURE_FAILURE", "certificate signature failure", "SERVER_IDENTITY"],
  ["CERT_HAS_EXPIRED", "certificate has expired", "SERVER_IDENTITY"],
  ["CERT_NOT_YET_VALID", "certificate is not yet valid", "SERVER_IDENTITY"],
  ["INVALID_PURPOSE", "unsuitable certificate purpose", "SERVER_IDENTITY"],
  ["INVALID_CA", "invalid CA certificate", "SERVER_IDENTITY"],
  ["CERT_REJECTED", "certificate rejected", "SERVER_IDENTITY"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "tlsv13 alert certificate required", "CERTIFICATE_REFUSED"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "tlsv1 alert unknown ca", "CERTIFICATE_REFUSED"],
  ["EPROTO", ALERT, "CERTIFICATE_REFUSED"],
];

for (const [code, message, expected] of TABLE)
  test(`${code || "no code"} (${message.slice(0, 50) || "no words"}) is ${expected}`, () => {
    const cause = Object.assign(new Error(message), code && { code });
    const error = connectionError(cause, "jamesd:2761");
    assert.equal(error.code, expected);
    assert.match(error.message, /jamesd:2761/);
    assert.ok(error.hint);
    assert.equal(error.cause, cause);
    assert.doesNotMatch(error.message, /(undefined|: )$/);
  });

test("a server that was reached and did not answer: what became of a change, and where to see it", () => {
  const broken = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  const hints = {
    apply: /whole or not at all: see jamesd-ctl history\. The same again is harmless/,
    revert: /jamesd-ctl history/,
    setDesiredState: /jamesd-ctl history/,
    addPacket: /whole or not at all: see jamesd-ctl events/,
    listDevices:
      /^Check that jamesd still runs there and try again; its log says if it refused this certificate\.$/,
    // An upload is not one change, and a device is no person.
    putUpload: /^Check that jamesd still runs/,
    checkin: /^Check that jamesd still runs/,
  } as const;
  for (const [name, hint] of Object.entries(hints)) {
    const error = connectionError(broken, "jamesd:2761", WIRE.routes[name as keyof typeof hints]);
    assert.equal(error.code, "SERVER_UNREACHABLE");
    assert.equal(error.message, "the connection to jamesd:2761 broke before the whole answer came");
    assert.match(error.hint ?? "", hint, name);
    assert.equal(error.cause, broken);
  }
});

test("a certificate that is out of its time has one look at the clock", () => {
  for (const code of ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])
    assert.match(connectionError(Object.assign(new Error("no"), { code }), "x").hint ?? "", /clock is right/);
  const other = Object.assign(new Error("no"), { code: "INVALID_PURPOSE" });
  assert.doesNotMatch(connectionError(other, "x").hint ?? "", /clock/);
});

test("a name that cannot be looked up, and a way that there is none, are not said to be the server's fault", () => {
  const errorOf = (code: string, message: string) =>
    connectionError(Object.assign(new Error(message), { code }), "far.example.com:2761");
  const name = errorOf("EAI_AGAIN", "getaddrinfo EAI_AGAIN far.example.com");
  assert.equal(name.message, "cannot reach far.example.com:2761: its name cannot be looked up (EAI_AGAIN)");
  assert.match(name.hint ?? "", /name server/);
  assert.match(errorOf("ENETUNREACH", "connect ENETUNREACH 10.0.0.1:2761").hint ?? "", /a route there/);
  assert.match(errorOf("ECONNREFUSED", "connect ECONNREFUSED").hint ?? "", /^Check that jamesd runs there/);
});

test("of a name with several addresses it is said what became of each", () => {
  const errors = [
    new Error("connect ETIMEDOUT 10.0.0.1:2761"),
    new Error("connect ECONNREFUSED 10.0.0.2:2761"),
  ];
  const cause = Object.assign(new AggregateError(errors), { code: "ETIMEDOUT" });
  assert.equal(
    connectionError(cause, "x:2761").message,
    "cannot reach x:2761: connect ETIMEDOUT 10.0.0.1:2761; connect ECONNREFUSED 10.0.0.2:2761",
  );
});

test("what Node advises who starts it by hand is not passed on", () => {
  const words = "unable to verify the first certificate";
  const advice = "if the root CA is installed locally, try running Node.js with --use-system-ca";
  const cause = Object.assign(new Error(`${words}; ${advice}`), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  assert.equal(connectionError(cause, "x").message, `x did not prove to be the server: ${words}`);
});

test("an alert is told in its own words only", () => {
  const error = connectionError(Object.assign(new Error(ALERT), { code: "EPROTO" }), "jamesd:2761");
  assert.equal(error.message, "jamesd:2761 refused our certificate: certificate unknown");
});

test("an error that says it all already stays the same", () => {
  const known = new JamesError("UPLOAD_OFFSET", "no");
  assert.equal(connectionError(known, "x"), known);
});
