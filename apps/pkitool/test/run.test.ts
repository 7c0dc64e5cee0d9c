import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkCredentials, loadCredentials, readIdentity } from "@jamesd/pki";
import { run } from "../src/run.ts";

type Context = { after: (fn: () => void) => void };

function scratch(t: Context): string {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-pkitool-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function pkitool(...argv: readonly string[]) {
  return pkitoolWith({}, ...argv);
}

async function pkitoolWith(env: NodeJS.ProcessEnv, ...argv: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const output = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await run(argv, output, env);
  return { code, out: out.join(""), err: err.join("") };
}

/** Every file of a folder with its content and mode. */
function snapshot(dir: string): Record<string, string> {
  const files = readdirSync(dir).map((name) => join(dir, name));
  return Object.fromEntries(
    files.map((path) => [
      path,
      `${(statSync(path).mode & 0o7777).toString(8)} ${readFileSync(path, "utf8")}`,
    ]),
  );
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8);
}

test("the seed's commands make a working set", async (t) => {
  const dir = join(scratch(t), "pki");
  for (const argv of [["--init"], ["--add-server", "jamesd"], ["--add-client", "device-1"]])
    assert.equal((await pkitool(...argv, "--dir", dir)).code, 0);
  assert.deepEqual(readdirSync(dir).sort(), [
    "ca.crt",
    "ca.key",
    "device-1.crt",
    "device-1.key",
    "jamesd.crt",
    "jamesd.key",
  ]);
  const load = (name: string) =>
    loadCredentials({
      ca: join(dir, "ca.crt"),
      cert: join(dir, `${name}.crt`),
      key: join(dir, `${name}.key`),
    });
  assert.equal(checkCredentials(load("jamesd"), Date.now(), "server"), undefined);
  assert.equal(checkCredentials(load("device-1"), Date.now(), "client"), undefined);
});

test("one call makes everything, a line for each pair, in order", async (t) => {
  const dir = join(scratch(t), "deep", "pki");
  const adds = ["--add-server", "s", "--add-client", "a", "--add-client", "b", "--add-operator", "o"];
  const { code, out, err } = await pkitool("--init", "--dir", dir, ...adds, "--add-viewer", "v");
  assert.deepEqual([code, err], [0, ""]);
  const kinds = { ca: "CA", s: "server", a: "device", b: "device", o: "operator", v: "viewer" };
  const lines = Object.entries(kinds).map(
    ([name, kind]) => `${kind}: ${join(dir, `${name}.crt`)} ${join(dir, `${name}.key`)}\n`,
  );
  assert.equal(out, lines.join(""));
  const identity = (name: string) =>
    readIdentity(new X509Certificate(readFileSync(join(dir, `${name}.crt`))), { operators: [], viewers: [] });
  assert.deepEqual(identity("b"), { name: "b", role: "device" });
  assert.deepEqual(identity("o"), { name: "o", role: "operator" });
  assert.deepEqual(identity("v"), { name: "v", role: "viewer" });
});

test("an operator's certificate says what it may change, when that is said", async (t) => {
  const dir = join(scratch(t), "pki");
  const scope = "devices=given:lab&packets=acme-";
  const { code, err } = await pkitool(
    "--init",
    "--dir",
    dir,
    "--add-operator",
    "o",
    "--add-client",
    "d",
    "--scope",
    scope,
  );
  assert.deepEqual([code, err], [0, ""]);
  const identity = (name: string) =>
    readIdentity(new X509Certificate(readFileSync(join(dir, `${name}.crt`))), { operators: [], viewers: [] });
  assert.deepEqual(identity("o").scope, { devices: ["given:lab"], packets: ["acme-"] });
  assert.deepEqual(identity("d"), { name: "d", role: "device" });
  for (const argv of [
    ["--add-client", "e", "--scope", scope],
    ["--add-operator", "e", "--scope", "devices=given:lab"],
  ]) {
    const refused = await pkitool(...argv, "--dir", dir);
    assert.equal(refused.code, 2, refused.err);
    assert.match(refused.err, /scope/);
  }
  assert.equal(existsSync(join(dir, "e.crt")), false);
});

test("keys and their folder are for the owner only, whatever the umask", async (t) => {
  for (const umask of [0o000, 0o077]) {
    const before = process.umask(umask);
    const dir = join(scratch(t), "pki");
    await pkitool("--init", "--add-client", "d", "--dir", dir);
    process.umask(before);
    assert.equal(modeOf(dir), "700");
    for (const name of ["ca", "d"]) {
      assert.equal(modeOf(join(dir, `${name}.key`)), "600");
      assert.equal(modeOf(join(dir, `${name}.crt`)), "644");
    }
  }
});

test("a folder that is there keeps its mode", async (t) => {
  const dir = scratch(t);
  chmodSync(dir, 0o750);
  assert.equal((await pkitool("--init", "--dir", dir)).code, 0);
  assert.equal(modeOf(dir), "750");
});

test("nothing is ever overwritten, and nothing is made when one name is taken", async (t) => {
  const dir = scratch(t);
  await pkitool("--init", "--add-client", "d", "--dir", dir);
  writeFileSync(join(dir, "lone.key"), "precious");
  symlinkSync("nowhere", join(dir, "dangling.crt"));
  const before = readdirSync(dir).sort();
  const ca = readFileSync(join(dir, "ca.key"), "utf8");
  const attempts: readonly (readonly [string, ...string[]])[] = [
    ["ca.crt", "--init"],
    ["d.crt", "--add-client", "d"],
    ["d.crt", "--add-client", "new", "--add-operator", "d"],
    ["lone.key", "--add-client", "new", "--add-server", "lone"],
    ["dangling.crt", "--add-client", "dangling"],
  ];
  for (const [file, ...argv] of attempts) {
    const { code, out, err } = await pkitool(...argv, "--dir", dir);
    assert.deepEqual([code, out], [2, ""]);
    assert.ok(err.startsWith(`pkitool: ${join(dir, file)} exists already [FILE_EXISTS]\n  hint: `), err);
  }
  assert.deepEqual(readdirSync(dir).sort(), before);
  assert.equal(readFileSync(join(dir, "ca.key"), "utf8"), ca);
  assert.equal(readFileSync(join(dir, "lone.key"), "utf8"), "precious");
  assert.ok(!existsSync(join(dir, "nowhere")));
});

test("of calls at the same time for one name, one wins and its pair fits", async (t) => {
  const dir = scratch(t);
  await pkitool("--init", "--dir", dir);
  const calls = await Promise.all(
    Array.from({ length: 8 }, () => pkitool("--add-client", "d", "--dir", dir)),
  );
  assert.equal(calls.filter(({ code }) => code === 0).length, 1);
  assert.equal(calls.filter(({ err }) => err.includes("[FILE_EXISTS]")).length, 7);
  loadCredentials({ ca: join(dir, "ca.crt"), cert: join(dir, "d.crt"), key: join(dir, "d.key") });
  assert.deepEqual(readdirSync(dir).sort(), ["ca.crt", "ca.key", "d.crt", "d.key"]);
});

test("hostile and impossible names change nothing", async (t) => {
  const dir = scratch(t);
  await pkitool("--init", "--dir", dir);
  const before = snapshot(dir);
  for (const name of ["", ".", "..", "../x", "/etc/x", "a/b", ".x", "-x", "a b", "a\nb", "a,b", "ca", "CA"]) {
    const { code, err } = await pkitool(`--add-client=${name}`, "--dir", dir);
    assert.equal(code, 2, name);
    assert.match(err, /\[NAME_INVALID\]\n {2}hint: /);
  }
  const server = await pkitool("--add-server", "a:b", "--dir", dir);
  assert.match(server.err, /"a:b" is neither a host name nor an IP address \[NAME_INVALID\]/);
  assert.deepEqual(snapshot(dir), before);
});

test("wrong usage gives one message and exit code 2", async (t) => {
  const dir = scratch(t);
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/^Usage: pkitool[\s\S]*pkitool: nothing to do \[USAGE\]/],
    [/unknown option '--bogus' \[USAGE\]/, "--bogus"],
    [/argument missing \[USAGE\]/, "--add-client"],
    [/"more" belongs to no option \[USAGE\]/, "--init", "more"],
    [/"0" is not a number of days \[USAGE\]/, "--init", "--days", "0"],
    [/"1y" is not a number of days \[USAGE\]/, "--init", "--days", "1y"],
    [/from 1 to 99999, such/, "--init", "--days", "100000"],
    [/"d" is to be added twice \[USAGE\]/, "--init", "--add-client", "d", "--add-viewer", "d"],
    [/--san is for a server's certificate \[USAGE\]/, "--init", "--san", "localhost"],
    [/"a b" is neither.*\[NAME_INVALID\]/, "--init", "--add-server", "s", "--san", "a b"],
    [/would outlive its CA.*\[USAGE\]/, "--init", "--add-client", "d", "--days", "8000"],
  ];
  for (const [message, ...argv] of cases) {
    const { code, out, err } = await pkitool("--dir", join(dir, "pki"), ...argv);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, message);
    assert.doesNotMatch(err, /^\s+at /m);
  }
  assert.deepEqual(readdirSync(dir), []);
});

test("without an authority the way to one is told", async (t) => {
  const dir = join(scratch(t), "none");
  const missing = await pkitool("--add-client", "d", "--dir", dir);
  assert.equal(missing.code, 2);
  assert.match(
    missing.err,
    /there is no .*none\/ca\.crt \[FILE_UNREADABLE\]\n {2}hint: .*pkitool --init --dir/,
  );
  assert.ok(!existsSync(dir));
  await pkitool("--init", "--dir", dir);
  rmSync(join(dir, "ca.key"));
  assert.match(
    (await pkitool("--add-client", "d", "--dir", dir)).err,
    /no .*ca\.key .*\n {2}hint: .*not complete/,
  );
  writeFileSync(join(dir, "ca.key"), "junk");
  assert.match((await pkitool("--add-client", "d", "--dir", dir)).err, /\[CERTIFICATE_INVALID\]/);
});

test("a folder that cannot be used is named", async (t) => {
  const dir = scratch(t);
  writeFileSync(join(dir, "file"), "");
  mkdirSync(join(dir, "ca.crt"));
  for (const argv of [
    ["--init", "--dir", join(dir, "file")],
    ["--add-client", "d", "--dir", dir],
  ]) {
    const { code, err } = await pkitool(...argv);
    assert.equal(code, 2);
    assert.match(err, /cannot use .*\[FILE_UNREADABLE\]/);
  }
});

test("--san and --days reach the certificate; --help tells of every flag", async (t) => {
  const dir = scratch(t);
  const flags = ["--init", "--add-server", "jamesd", "--san", "jamesd.example.com, 10.1.2.3", "--days", "9"];
  await pkitool(...flags, "--dir", dir);
  const certificate = new X509Certificate(readFileSync(join(dir, "jamesd.crt")));
  assert.equal(certificate.subjectAltName, "DNS:jamesd, DNS:jamesd.example.com, IP Address:10.1.2.3");
  const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000;
  assert.equal(days, 10);
  const { code, out } = await pkitool("--help");
  assert.equal(code, 0);
  for (const flag of ["init", "add-server", "add-client", "add-operator", "add-viewer", "dir", "san", "days"])
    assert.ok(out.includes(`--${flag}`), flag);
});

test("an authority that is to be made a second time: how to go on with the one that is there", async (t) => {
  const dir = scratch(t);
  await pkitool("--init", "--dir", dir);
  for (const [more, hint] of [
    [[], "The authority is there; go on with --add-server."],
    [["--add-server", "jamesd"], "The authority is there; leave --init out."],
  ] as const) {
    const { code, err } = await pkitool("--init", "--dir", dir, ...more);
    assert.equal(code, 2);
    assert.equal(err.split("\n")[1], `  hint: ${hint}`);
  }
  // Half of one is none.
  rmSync(join(dir, "ca.crt"));
  assert.match((await pkitool("--init", "--dir", dir)).err, /hint: Choose another name/);
});

test("the folder and the days come from a variable or a file as well", async (t) => {
  const home = scratch(t);
  const dir = join(home, "keys");
  mkdirSync(join(home, "jamesd"));
  writeFileSync(join(home, "jamesd", "pkitool.yaml"), `dir: ${dir}\ndays: 9\n`);
  const env = { XDG_CONFIG_HOME: home };
  assert.equal((await pkitoolWith(env, "--init")).code, 0);
  assert.equal((await pkitoolWith({ ...env, PKITOOL_DAYS: "19" }, "--add-client", "d")).code, 0);
  const { validTo, validFrom } = new X509Certificate(readFileSync(join(dir, "d.crt")));
  assert.equal((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000, 20);
  const bad = await pkitoolWith({ ...env, PKITOOL_DAYS: "x" }, "--add-client", "e");
  assert.match(bad.err, /PKITOOL_DAYS: "x" is not a number of days \[USAGE\]/);
});
