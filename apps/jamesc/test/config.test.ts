import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CertificateKind, issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { programCommand } from "@jamesd/testkit";

const [program = "", ...main] = programCommand("jamesc");
const scratch = mkdtempSync(join(tmpdir(), "jamesc-config-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

before(async () => {
  const pair = await makeAuthority(Date.now());
  writeFileSync(at("ca.crt"), pair.cert);
  const authority = await openAuthority(pair);
  for (const [name, kind] of Object.entries({
    "device-1": "device",
    "device-2": "device",
    jamesd: "server",
    anna: "operator",
  })) {
    const { cert, key } = await issueCertificate(
      authority,
      { kind: kind as CertificateKind, name },
      Date.now(),
    );
    writeFileSync(at(`${name}.crt`), cert);
    writeFileSync(at(`${name}.key`), key);
  }
  writeFileSync(at("text"), "no certificate\n");
});

function at(name: string): string {
  return join(scratch, name);
}

/** Flags that are right, but for what the test changes; an address where nobody listens. */
function flags(changed: Readonly<Record<string, string | undefined>> = {}): readonly string[] {
  const all = {
    addr: "127.0.0.1:1",
    ca: at("ca.crt"),
    cert: at("device-1.crt"),
    key: at("device-1.key"),
    "install-root": scratch,
    "state-dir": at("state"),
    ...changed,
  };
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
}

function jamesc(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stderr, stdout } = spawnSync(program, [...main, ...args], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, ...env },
  });
  return { status, stderr, stdout };
}

/** The tags of the log's first line. */
function startedTags(stderr: string): readonly string[] {
  const { msg, tags } = JSON.parse(stderr.split("\n")[0] ?? "") as { msg: string; tags: string[] };
  assert.equal(msg, "started");
  return tags;
}

describe("jamesc", () => {
  it("lists every option with its variable", () => {
    const { status, stdout } = jamesc(["--help"]);
    assert.equal(status, 0);
    for (const name of [
      "addr",
      "server-name",
      "ca",
      "cert",
      "key",
      "install-root",
      "state-dir",
      "system-tags",
    ])
      assert.match(stdout, new RegExp(`--${name} <`));
    assert.match(stdout, /--no-detect-tags .*\n?.*JAMESC_NO_DETECT_TAGS/);
  });

  for (const [what, changed, status, message] of [
    ["no CA", { ca: at("ca") }, 2, /ca.*\[FILE_UNREADABLE\]/],
    ["an unreadable certificate", { cert: at("nowhere.crt") }, 2, /nowhere\.crt.*\[FILE_UNREADABLE\]/],
    [
      "a text for a certificate",
      { cert: at("text") },
      3,
      /text holds no PEM certificate \[CERTIFICATE_INVALID\]/,
    ],
    ["another's key", { key: at("device-2.key") }, 3, /does not belong to .*\[CERTIFICATE_INVALID\]/],
    [
      "a person's certificate",
      { cert: at("anna.crt"), key: at("anna.key") },
      3,
      /operator anna.*\[ROLE_FORBIDDEN\]/,
    ],
    ["a server's certificate", { cert: at("jamesd.crt"), key: at("jamesd.key") }, 3, /\[ROLE_FORBIDDEN\]/],
    ["a tag with a space", { "system-tags": "armv7l,my tag" }, 2, /"my tag" is not a tag \[TAG_INVALID\]/],
    [
      "an install root that is a file",
      { "install-root": at("text") },
      2,
      /text is not a directory \[CONFIG_INVALID\]/,
    ],
    [
      "no install root",
      { "install-root": at("nowhere") },
      2,
      /nowhere is not a directory \[CONFIG_INVALID\]/,
    ],
    ["a state directory that is a file", { "state-dir": at("text") }, 2, /text.*\[FILE_UNREADABLE\]/],
    ["an interval without unit", { interval: "60" }, 2, /--interval: "60" is not a length of time \[USAGE\]/],
    [
      "an interval of nothing",
      { interval: "0s" },
      2,
      /--interval: "0s" is too short a time \[USAGE\]\n.*at least 100ms and at most 1d/,
    ],
    ["a rate that is too low", { "rate-limit": "1023B" }, 2, /--rate-limit: 1023B.*too little \[USAGE\]/],
    ["a rate without unit", { "rate-limit": "500" }, 2, /--rate-limit: "500" is not a size \[USAGE\]/],
    ["a bad address", { addr: "a:b:c" }, 2, /--addr: "a:b:c" is not an address \[USAGE\]/],
    ["a bad log level", { "log-level": "loud" }, 2, /--log-level: "loud" is not one of .*\[USAGE\]/],
    ["an unknown flag", { nonsense: "1" }, 2, /unknown option '--nonsense' \[USAGE\]/],
    [
      "a configuration file that is not there",
      { config: at("no.yaml") },
      2,
      /no\.yaml.*\[FILE_UNREADABLE\]\n {2}hint: /,
    ],
  ] as const)
    it(`refuses ${what} with one clear message`, () => {
      const result = jamesc(flags(changed));
      assert.match(result.stderr, message);
      assert.match(result.stderr, /^jamesc: [^\n]+\n( {2}hint: [^\n]+\n)?$/, "one message, no stack");
      assert.equal(result.status, status);
    });

  it("compares all contents as rarely as once in a year", () => {
    const { stderr } = jamesc([...flags({ "drift-full-interval": "366d" }), "--once"]);
    assert.match(stderr, /\[SERVER_UNREACHABLE\]$/m);
  });

  it("says in --once that the server cannot be reached", () => {
    const { status, stderr } = jamesc([...flags({ "system-tags": "a,b,a" }), "--once", "--no-detect-tags"]);
    assert.equal(status, 5);
    assert.match(stderr, /^jamesc: cannot reach 127\.0\.0\.1:1: .*\[SERVER_UNREACHABLE\]$/m);
    assert.deepEqual(startedTags(stderr), ["a", "b"]);
  });

  it("detects tags unless told otherwise by flag, variable or file", () => {
    assert.ok(startedTags(jamesc([...flags(), "--once"]).stderr).length > 0);
    const variable = jamesc([...flags(), "--once"], { JAMESC_NO_DETECT_TAGS: "1", JAMESC_SYSTEM_TAGS: "x" });
    assert.deepEqual(startedTags(variable.stderr), ["x"]);
    writeFileSync(at("jamesc.yaml"), "no-detect-tags: true\nsystem-tags: [y, z]\n");
    const file = jamesc([...flags({ config: at("jamesc.yaml") }), "--once"]);
    assert.deepEqual(startedTags(file.stderr), ["y", "z"]);
  });
});
