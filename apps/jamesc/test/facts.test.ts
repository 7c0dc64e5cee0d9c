import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { machine, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { architectureOf, isWord } from "@jamesd/model";
import fc from "fast-check";
import { detectTags } from "../src/facts/detect.ts";

const scratch = mkdtempSync(join(tmpdir(), "jamesc-facts-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const GLIBC_236 = "\x7fELF\0GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.\n\0";
const GLIBC_223 =
  "\0GNU C Library (Ubuntu GLIBC 2.23-0ubuntu11) stable release version 2.23, by Roland McGrath et al.\n";
const MUSL_125 = "\x7fELF\0/lib\x001.2.5\0musl libc (x86_64)\nVersion %s\n\0";

/** A root folder with these files; a path that ends in a slash is a folder. */
function makeRoot(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(scratch, "root-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path.endsWith("/") ? path : dirname(path)), { recursive: true });
    if (!path.endsWith("/")) writeFileSync(join(root, path), content);
  }
  return root;
}

function tagsOf(files: Readonly<Record<string, string>>, architecture = "x86_64"): readonly string[] {
  return detectTags({ root: makeRoot(files), machine: architecture });
}

describe("facts", () => {
  it("describes Debian with systemd", () => {
    const tags = tagsOf({
      "lib/x86_64-linux-gnu/libc.so.6": GLIBC_236,
      "run/systemd/system/": "",
      "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\nID=debian\n',
    });
    assert.deepEqual(tags, ["x86_64", "glibc-2.36", "systemd", "debian", "debian-12"]);
  });

  it("names this machine's architecture as one that the model knows", () => {
    assert.notEqual(architectureOf(detectTags()[0] ?? ""), undefined);
  });

  it("describes the seed's device", () => {
    const tags = tagsOf({ "lib/libc.so.6": GLIBC_223, "proc/1/comm": "systemd\n" }, "armv7l");
    assert.deepEqual(tags, ["armv7l", "glibc-2.23", "systemd"]);
  });

  it("describes Alpine with OpenRC", () => {
    const tags = tagsOf(
      {
        "lib/ld-musl-aarch64.so.1": MUSL_125,
        "run/openrc/": "",
        "proc/1/comm": "init\n",
        "sbin/init": "BusyBox v1.36",
        "usr/lib/os-release": "ID=alpine\nVERSION_ID=3.20.1\n",
      },
      "aarch64",
    );
    assert.deepEqual(tags, ["aarch64", "musl-1.2", "openrc", "alpine", "alpine-3.20.1"]);
  });

  it("takes the C library of the shell when there are two", () => {
    const both = { "lib/ld-musl-x86_64.so.1": MUSL_125, "lib64/libc.so.6": GLIBC_236 };
    assert.deepEqual(
      tagsOf({ ...both, "bin/sh": "\x7fELF\0/lib64/ld-linux-x86-64.so.2\0" })[1],
      "glibc-2.36",
    );
    assert.deepEqual(tagsOf({ ...both, "bin/sh": "\x7fELF\0/lib/ld-musl-x86_64.so.1\0" })[1], "musl-1.2");
  });

  for (const [comm, program, expected] of [
    ["init", "BusyBox v1.36.1", ["busybox-init"]],
    ["init", "INIT: version %s booting sysvinit-3.06", ["sysvinit"]],
    ["init", "something else", []],
    ["runit", "", ["runit"]],
    ["procd", "", ["procd"]],
    ["tini", "INIT: sysvinit", []],
    ["constructor", "", []],
  ] as const)
    it(`finds ${expected[0] ?? "no init system"} where process 1 is ${comm}`, () => {
      assert.deepEqual(tagsOf({ "proc/1/comm": `${comm}\n`, "sbin/init": program }), ["x86_64", ...expected]);
    });

  it("knows nothing but the architecture of an empty root", () => {
    assert.deepEqual(tagsOf({}), ["x86_64"]);
  });

  it("makes tags of whatever os-release says, each once", () => {
    const value = fc.string({ unit: "grapheme", maxLength: 200 }).filter((text) => !/["\\\n]/.test(text));
    fc.assert(
      fc.property(value, value, (id, version) => {
        const tags = tagsOf({ "etc/os-release": `ID="${id}"\nVERSION_ID="${version}"\n` });
        assert.ok(tags.every(isWord), JSON.stringify(tags));
        assert.equal(new Set(tags).size, tags.length);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps what a tag may not hold out of it", () => {
    const tags = tagsOf({ "etc/os-release": "ID='my os'\nVERSION_ID=\"1,5\"\n" });
    assert.deepEqual(tags.slice(1), ["my-os", "my-os-1-5"]);
  });

  it("agrees with this machine's own tools", (t) => {
    const [architecture, libc] = detectTags();
    assert.equal(architecture, machine());
    const [, version] = /GLIBC.* (\d+\.\d+)$/m.exec(lddVersion()) ?? [];
    if (version === undefined) return t.skip("no glibc with ldd on this machine");
    assert.equal(libc, `glibc-${version}`);
  });
});

function lddVersion(): string {
  try {
    return execFileSync("ldd", ["--version"], { encoding: "utf8", stdio: "pipe" });
  } catch {
    return "";
  }
}
