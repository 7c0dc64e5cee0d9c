import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, suite, test } from "node:test";
import { issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { COMMANDS } from "../src/commands/index.ts";
import { run } from "../src/run.ts";

let folder: string;
let credentials: readonly string[];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "jamesd-ctl-"));
  const now = Date.now();
  const pair = await makeAuthority(now);
  const own = await issueCertificate(await openAuthority(pair), { kind: "operator", name: "anna" }, now);
  const files = { ca: pair.cert, cert: own.cert, key: own.key };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  credentials = Object.keys(files).flatMap((name) => [`--${name}`, join(folder, name)]);
});
after(() => rmSync(folder, { recursive: true }));

async function ctl(argv: readonly string[], env: NodeJS.ProcessEnv = {}, stdin = "") {
  const out: string[] = [];
  const err: string[] = [];
  const output = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await run(argv, {
    env: { HOME: folder, ...env },
    output,
    isTerminal: false,
    stdin: Readable.from([Buffer.from(stdin)]),
    signal: new AbortController().signal,
  });
  return { code, out: out.join(""), err: err.join("") };
}

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const ADD = ["add-packet", "--name", "a", "--data", "a.tar"];

suite("the command", () => {
  test("missing: the help and a usage error", async () => {
    const { code, err } = await ctl([]);
    assert.equal(code, 2);
    for (const { name } of COMMANDS) assert.ok(err.includes(name));
    assert.match(err, /\[USAGE\]/);
  });

  test("unknown, in both forms: the nearest is suggested", async () => {
    for (const argv of [["get-stat"], ["--cmd", "get-stat", "--id", "x"], ["--id", "x", "get-stat"]]) {
      const { code, err, out } = await ctl(argv);
      assert.equal(code, 2);
      assert.match(err, /unknown command 'get-stat' \(Did you mean get-state\?\) \[USAGE\]/);
      assert.equal(out, "");
    }
  });

  test("the help groups them, and says of --output where it names a file", async () => {
    const help = (await ctl(["--help"])).out;
    assert.match(
      help,
      /\nPackets:\n {2}add-packet .*\nDevices:\n {2}list-systems.*\nFleet:\n {2}apply .*\nLog:\n {2}events /s,
    );
    for (const name of ["export", "get-packet"])
      assert.match(
        (await ctl([name, "--help"])).out,
        /\nOptions:\n.* --output <FILE> +the file to write.*\nGlobal/s,
      );
    assert.doesNotMatch((await ctl(["get-state", "--help"])).out, /--output <FILE>/);
  });

  test("unknown, and help is asked for: the same", async () => {
    for (const [argv, says] of [
      [
        ["help", "get-stat"],
        /^jamesd-ctl: unknown command 'get-stat' \(Did you mean get-state\?\) \[USAGE\]\n/,
      ],
      [["help", "nope"], /^jamesd-ctl: unknown command 'nope' \[USAGE\]\n/],
      [["--cmd", "help", "nope"], /^jamesd-ctl: unknown command 'nope' \[USAGE\]\n/],
    ] as const) {
      const { code, out, err } = await ctl(argv);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, says);
    }
    assert.equal((await ctl(["help"])).code, 0);
  });

  test("every one has its help, under every name and in both forms", async () => {
    for (const { name, aliases, summary } of COMMANDS)
      for (const word of [name, ...aliases])
        for (const argv of [
          [word, "--help"],
          ["--help", "--cmd", word],
          ["help", word],
        ]) {
          const { code, out } = await ctl(argv);
          assert.equal(code, 0);
          // The help is wrapped where the terminal ends.
          assert.ok(out.replaceAll(/\s+/g, " ").includes(summary), `${argv.join(" ")}: ${out}`);
        }
  });

  test("a flag that is unknown, missing or given twice", async () => {
    const cases = [
      [["get-state", "--idd", "x"], /unknown option '--idd'/],
      [["get-state"], /get-state needs --id ID/],
      [["get-state", "--id", "a", "--id", "b"], /--id is given twice: a and b/],
      [["get-state", "--id", ""], /--id: .*not empty/],
      [["get-state", "--idd", "x"], /\n {2}hint: See jamesd-ctl get-state --help\./],
      [["get-devise"], /\n {2}hint: See jamesd-ctl --help\./],
      [
        ["get-state", "a", "--id", "a"],
        /^jamesd-ctl: "a" belongs to no option .*\n.*See jamesd-ctl get-state --help/,
      ],
      [
        ["get-state", "device-1", "device-2"],
        /"device-1" belongs to no option .*\n.*Did you mean --id device-1\?/,
      ],
      [["get-packet", "vpn"], /Did you mean --name vpn\?/],
      [["apply", "fleet/", "b/"], /"fleet\/" belongs .*\n.*Did you mean -f fleet\/\?/],
      [["plan", "fleet/a.yaml"], /Did you mean -f fleet\/a\.yaml\?/],
      [["plan", "device-1"], /Did you mean --id device-1\?/],
      [["import", "a.tar", "b.tar"], /"b\.tar" belongs .*\n.*See jamesd-ctl import --help/],
      [
        [...ADD, "--tags", "v1.0.0", "armv7l"],
        /"armv7l" belongs .*\n.*commas, without blanks: --tags v1\.0\.0,armv7l\./,
      ],
      [[...ADD, "--tags", "v1,", "arm", ",glibc"], /--tags v1,arm,glibc\./],
      [["list-packets", "--output", "xml"], /"xml" is not a way to print/],
      [["set-desired-state", "--file", "x", "--timeout", "5"], /--timeout: "5" is not a length of time/],
      [["list-systems", "--server", "a:b:c"], /--server: "a:b:c" is not an address/],
      [["remove-packet"], /no packet is named/],
      [["list-systems", "--app-tags", "v1"], /^jamesd-ctl: --app-tags needs --app NAME \[USAGE\]/],
      [
        ["list-systems", "--sync", "insync"],
        /^jamesd-ctl: --sync: "insync" .*\[USAGE\]\n.* in-sync, pending, /,
      ],
      [["list-systems", "--sync", "in-sync, "], /^jamesd-ctl: --sync: "" .*\[USAGE\]/],
      [["events", "--kinds", "revision,foo"], /^jamesd-ctl: --kinds: "foo" .*\[USAGE\]\n.*revision/],
      [["list-systems", "--limit", "0"], /--limit: "0" is not a whole number .*\n {2}hint: .*leave it out/],
      [
        ["list-systems", "--seen-before", "yesterday"],
        /"yesterday" is not a time .*\n.*30s.* 2026-01-31T12:00:00Z/,
      ],
      [["events", "--since", "2026-13-01"], /"2026-13-01" is not a time .*\n.*30s.* 2026-01-31T12:00:00Z/],
      [["diff", "--prune"], /--prune goes with --file/],
      [["--cmd", "retry"], /retry needs --id ID/],
      [[...ADD, "--confirm", "ping"], /--confirm: "ping" .*\n.*connectivity=TIME/],
      [[...ADD, "--confirm", "connectivity=5"], /--confirm: "5" is not a length of time/],
      [[...ADD, "--unowned", "steal"], /--unowned: "steal" .*\n.*refuse, adopt, overwrite/],
      [[...ADD, "--unowned", "adopt", "--unowned", "refuse"], /--unowned is given twice/],
    ] as const;
    for (const [argv, message] of cases) {
      const { code, err } = await ctl(argv);
      assert.equal(code, 2, argv.join(" "));
      assert.match(err, message);
    }
  });
});

test("a word without a flag is the one flag that the command lacks", async () => {
  for (const [argv, code, says] of [
    [["get-state", ""], 2, /--id: the id of a device is not empty/],
    [["revert", "x"], 2, /--to: /],
    [["set-desired-state", join(folder, "none.yaml")], 2, /none\.yaml.*\[FILE_UNREADABLE\]/],
    // It is understood, and fails for what it lacks besides.
    [["get-device", "device-7"], 2, /no ca, cert, key/],
  ] as const) {
    const result = await ctl(argv);
    assert.equal(result.code, code, result.err);
    assert.match(result.err, says);
  }
});

test("the version is told by every usual flag", async () => {
  for (const flag of ["-V", "--version"]) assert.match((await ctl([flag])).out, /^\d+\.\d+\.\d+\n$/);
});

suite("before the server is spoken to", () => {
  test("credentials that are given nowhere are asked for, with every way to give them", async () => {
    const { code, err } = await ctl(["--cmd", "list-systems", "--cert", "x"]);
    assert.equal(code, 2);
    assert.match(err, /no ca, key .*\[USAGE\]/);
    for (const word of ["--ca", "JAMESD_KEY", join(folder, ".config/jamesd/ctl.yaml"), "pkitool"])
      assert.ok(err.includes(word), err);
  });

  test("name, tags, archive and scripts are checked", async () => {
    const empty = file("empty.tar", "");
    const cases = [
      [["--name", "", "--data", empty], "NAME_INVALID"],
      [["--name", "a", "--tags", "v1, a rm", "--data", empty], "TAG_INVALID"],
      [["--name", "a", "--tags", " v1, arm ,glibc-2.23", "--data", empty], "ARCHIVE_NOT_RECOGNISED"],
      [["--name", "a", "--tags", "v1,", "--data", empty], "TAG_INVALID"],
      [["--name", "a", "--data", join(folder, "nope")], "FILE_UNREADABLE"],
      [["--name", "a", "--data", folder], "FILE_UNREADABLE"],
      [["--name", "a", "--data", empty, "--preinst", join(folder, "nope.sh")], "FILE_UNREADABLE"],
      [["--name", "a", "--data", empty], "ARCHIVE_NOT_RECOGNISED"],
    ] as const;
    for (const [flags, errorCode] of cases) {
      const { code, err } = await ctl(["--cmd", "add-packet", ...flags]);
      assert.equal(code, 2, err);
      assert.ok(err.includes(`[${errorCode}]`), err);
    }
  });

  test("a packet without tags is warned of, one with tags is not", async () => {
    const add = ["add-packet", "--name", "vpn", "--data", file("some.tar", "x")];
    const warning = /^warning: a packet without tags fits every device and every wish for vpn; give --tags\n/;
    assert.match((await ctl(add)).err, warning);
    assert.match((await ctl([...add, "--tags", ""])).err, warning);
    assert.doesNotMatch((await ctl([...add, "--tags", "v1"])).err, /warning/);
  });

  test("a packet that is called as a file is warned of", async () => {
    const data = file("some.tar", "x");
    for (const [name, meant] of [
      ["d.tar", "d"],
      ["vpn-1.0.tar.xz", "vpn-1.0"],
      ["vpn.tgz", "vpn"],
    ] as const) {
      const { err } = await ctl(["add-packet", "--name", name, "--tags", "v1", "--data", data]);
      assert.match(
        err,
        new RegExp(`^warning: the packet is called ${name}: a name such as ${meant} was meant\\?\n`),
      );
    }
    const { err } = await ctl(["add-packet", "--name", "tar", "--tags", "v1", "--data", data]);
    assert.doesNotMatch(err, /warning/);
  });

  test("a state that is empty or no text has a hint", async () => {
    const empty = await ctl(["set-desired-state", "--file", file("e.yaml", "")]);
    assert.match(empty.err, /is empty \[STATE_INVALID\]\n {2}hint: .*get-state/);
    writeFileSync(join(folder, "binary.yaml"), Buffer.from([0x1f, 0x8b, 0xff, 0x00]));
    const { err } = await ctl(["apply", "-f", join(folder, "binary.yaml")]);
    assert.match(err, /is not text in UTF-8 \[STATE_INVALID\]\n {2}hint: .*YAML/);
  });

  test("the state is checked, from a file and from standard input", async () => {
    const bad = "id: device-1\napps:\n- name: vpn\n  tags:\n  - 1.0\n";
    const fromFile = await ctl(["--cmd", "set-desired-state", "--file", file("bad.yaml", bad)]);
    assert.equal(fromFile.code, 2);
    assert.match(
      fromFile.err,
      /bad\.yaml line 5: apps\[0\]\.tags\[0\] .*\[STATE_INVALID\]\n {2}hint: .*"1\.0"/,
    );
    const fromInput = await ctl(["set-desired-state", "--file", "-"], {}, bad);
    assert.equal(fromInput.code, 2);
    assert.match(fromInput.err, /standard input line 5/);
  });

  test("a file in the way of the archive", async () => {
    const there = file("there.tar", "x");
    const { code, err } = await ctl(["get-packet", "--name", "a", "--output", there]);
    assert.equal(code, 2);
    assert.match(err, /\[FILE_EXISTS\]/);
  });
});

suite("the settings", () => {
  // A port that was free a moment ago: nobody answers there.
  async function closedPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return typeof address === "object" && address ? address.port : 0;
  }

  test("come from flags, variables and the configuration file alike; no server is exit code 5", async () => {
    const server = `127.0.0.1:${await closedPort()}`;
    const lines = ["ca", "cert", "key"].map((name) => `${name}: ${join(folder, name)}`);
    const settings = [...lines, `server: ${server}`, ""].join("\n");
    const named = file("ctl.yaml", settings);
    mkdirSync(join(folder, "xdg", "jamesd"), { recursive: true });
    file("xdg/jamesd/ctl.yaml", settings);
    const env = Object.fromEntries(
      ["ca", "cert", "key"].map((name) => [`JAMESD_${name.toUpperCase()}`, join(folder, name)]),
    );
    const seed = ["--cmd", "get-state", "--id", "device-1"];
    const results = [
      await ctl([...seed, ...credentials, "--server", server]),
      await ctl(seed, { ...env, JAMESD_SERVER: server }),
      await ctl([...seed, "--config", named]),
      await ctl(seed, { JAMESD_CONFIG: named }),
      await ctl(seed, { XDG_CONFIG_HOME: join(folder, "xdg") }),
    ];
    for (const { code, err } of results) {
      assert.equal(code, 5, err);
      assert.ok(err.includes(`cannot reach ${server}`) && err.includes("[SERVER_UNREACHABLE]"), err);
    }
  });
});
