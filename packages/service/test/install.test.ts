import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { requireTool, runProgram, skipUnless } from "@jamesd/testkit";
import { INITS, type InitName, installService, type Service, uninstallService } from "../src/index.ts";

const SERVICE: Service = {
  name: "sample",
  description: "It's a sample",
  user: "sample",
  restartSeconds: 1,
  stopSeconds: 10,
  openFiles: 4096,
  launcher: { text: '#!/bin/sh\nshift\nexec "$@"\n', args: ["/var/lib/sample"] },
  systemd: { unit: "", service: "" },
};
const FLAGS = { init: "auto", program: undefined, noStart: false, dryRun: false, print: false } as const;
/** What tells an image's init system. */
const MARKS = { systemd: "usr/lib/systemd/systemd", openrc: "sbin/openrc-run", sysv: "etc/init.d/rc" };

/** An image of a system, with what an init system puts there, the program, and its user unless said otherwise. */
function makeImage(
  t: TestContext,
  init: InitName,
  passwd = "root:x:0:0::/:/bin/sh\nsample:x:9:9::/:/bin/sh\n",
): string {
  const files = { [MARKS[init]]: "", "usr/bin/sample": "", "etc/passwd": passwd, "etc/group": "root:x:0:\n" };
  const root = mkdtempSync(join(tmpdir(), "jamesd-image-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length))
    .toSorted();
}

for (const init of Object.keys(INITS) as InitName[])
  test(`a service is put into an image with ${init}, and taken out of it again`, async (t) => {
    const root = makeImage(t, init);
    const before = filesBelow(root);
    const said: string[] = [];
    const output = { out: (text: string) => void said.push(text), err: () => undefined };

    installService(SERVICE, { ...FLAGS, root, dryRun: true }, output);
    assert.deepEqual(filesBelow(root), before, "a dry run does nothing");
    const announced = said.splice(0);
    installService(SERVICE, { ...FLAGS, root }, output);
    assert.deepEqual(said.splice(0), announced, "and says what is done");
    const file = join(root, INITS[init].file(SERVICE.name));
    const text = readFileSync(file, "utf8");
    assert.match(text, /^(ExecStart=|command=|\t\t)\/usr\/local\/lib\/sample\/launch/m);
    assert.match(text, /\/var\/lib\/sample \/usr\/bin\/sample/);
    assert.equal(statSync(join(root, "usr/local/lib/sample/launch")).mode & 0o777, 0o755);
    assert.equal(statSync(file).mode & 0o777, init === "systemd" ? 0o644 : 0o755);
    installService(SERVICE, { ...FLAGS, root, print: true }, output);
    assert.deepEqual(said.splice(0), [text]);
    if (init !== "systemd") assert.equal((await runProgram(["sh", "-n", file])).stderr, "");

    installService(SERVICE, { ...FLAGS, root }, output);
    uninstallService(SERVICE.name, { init: "auto", root, dryRun: false }, output);
    assert.deepEqual(filesBelow(root), before);
    assert.deepEqual(readdirSync(join(root, "usr/local/lib")), [], "nor an empty folder");
    said.splice(0);
    // What somebody put beside it is theirs, and so is a link to somewhere else.
    installService(SERVICE, { ...FLAGS, root }, output);
    writeFileSync(join(root, "usr/local/lib/sample/theirs"), "");
    uninstallService(SERVICE.name, { init: "auto", root, dryRun: false }, output);
    assert.deepEqual(filesBelow(root), [...before, "/usr/local/lib/sample/theirs"].sort());
    rmSync(join(root, "usr/local/lib/sample"), { recursive: true });
    symlinkSync("../bin", join(root, "usr/local/lib/sample"));
    uninstallService(SERVICE.name, { init: "auto", root, dryRun: false }, output);
    rmSync(join(root, "usr/local/lib/sample"));
    said.splice(0);
    uninstallService(SERVICE.name, { init: "auto", root, dryRun: false }, output);
    assert.deepEqual(said, ["there is no service sample\n"]);
  });

for (const init of Object.keys(INITS) as InitName[])
  test(`links of an image lead nowhere else with ${init}`, (t) => {
    const root = makeImage(t, init);
    const machine = mkdtempSync(join(tmpdir(), "jamesd-machine-"));
    t.after(() => rmSync(machine, { recursive: true }));
    // The folder of units or scripts is elsewhere in the image, as the image itself would say it, which is here.
    const place = dirname(INITS[init].file(SERVICE.name));
    rmSync(join(root, place), { recursive: true, force: true });
    mkdirSync(dirname(join(root, place)), { recursive: true });
    symlinkSync(machine, join(root, place));
    mkdirSync(join(root, machine), { recursive: true });
    symlinkSync("../../../../../../..".concat(machine), join(root, "etc/sample"));
    const output = { out: () => undefined, err: () => undefined };
    installService(SERVICE, { ...FLAGS, init, root }, output);
    assert.deepEqual(readdirSync(machine), []);
    const file = basename(INITS[init].file(SERVICE.name));
    assert.ok(filesBelow(join(root, machine)).includes(`/${file}`));
    writeFileSync(join(machine, file), "of this machine");
    uninstallService(SERVICE.name, { init, root, dryRun: false }, output);
    assert.deepEqual([readdirSync(machine), filesBelow(join(root, machine))], [[file], []]);
  });

test("what an image has is looked for in the image, whatever its links lead to on this machine", (t) => {
  const root = makeImage(t, "systemd");
  const output = { out: () => undefined, err: () => undefined };
  // Everything is elsewhere in the image, as the image itself would say it; on this machine there is nothing at such a path.
  for (const path of [MARKS.systemd, "usr/bin/sample", "etc/passwd"]) {
    mkdirSync(dirname(join(root, "opt/image", path)), { recursive: true });
    renameSync(join(root, path), join(root, "opt/image", path));
    symlinkSync(`/opt/image/${path}`, join(root, path));
  }
  installService(SERVICE, { ...FLAGS, root }, output);
  assert.ok(filesBelow(root).includes(INITS.systemd.file("sample")));
});

for (const path of ["etc", "etc/passwd"])
  test(`a user of this machine is none of an image whose ${path} is a link, and none is made here`, (t) => {
    const root = makeImage(t, "systemd", "root:x:0:0::/:/bin/sh\n");
    const machine = mkdtempSync(join(tmpdir(), "jamesd-machine-"));
    t.after(() => rmSync(machine, { recursive: true }));
    // At the same path there is the image's own, and this machine's.
    const [place, here] = [join(root, machine), join(machine, basename(path))];
    mkdirSync(place, { recursive: true });
    renameSync(join(root, path), join(place, basename(path)));
    symlinkSync(here, join(root, path));
    const passwd = path === "etc" ? join(here, "passwd") : here;
    mkdirSync(dirname(passwd), { recursive: true });
    const output = { out: () => undefined, err: () => undefined };
    for (const users of ["sample:x:9:9::/:/bin/sh\n", ""]) {
      writeFileSync(passwd, users);
      assert.throws(() => installService(SERVICE, { ...FLAGS, root }, output), {
        code: "SERVICE_FAILED",
        message: /cannot make the user sample/,
      });
      assert.equal(readFileSync(passwd, "utf8"), users);
    }
    writeFileSync(join(place, path === "etc" ? "etc/passwd" : "passwd"), "sample:x:9:9::/:/bin/sh\n");
    installService(SERVICE, { ...FLAGS, root }, output);
    assert.equal(readFileSync(passwd, "utf8"), "");
  });

test("links of an image that lead to each other are told of", (t) => {
  const root = makeImage(t, "systemd");
  symlinkSync("/etc/systemd", join(root, "etc/systemd"));
  assert.throws(
    () => installService(SERVICE, { ...FLAGS, root }, { out: () => undefined, err: () => undefined }),
    { code: "SERVICE_FAILED", message: /too many links/ },
  );
});

test("what cannot become a service is refused", async (t) => {
  const root = makeImage(t, "systemd");
  const output = { out: () => undefined, err: () => undefined };
  const install = (service: Service, flags: object) => () =>
    installService(service, { ...FLAGS, root, ...flags }, output);
  assert.throws(install({ ...SERVICE, name: "other" }, {}), {
    code: "SERVICE_FAILED",
    message: /no other in/,
  });
  assert.throws(install(SERVICE, { program: "sample" }), { code: "USAGE" });
  const injected = { program: "/bin/sample\nExecStartPre=/bin/evil", print: true };
  assert.throws(install(SERVICE, injected), { code: "USAGE", message: /control character/ });
  assert.throws(install(SERVICE, { root: join(root, "usr/bin") }), { code: "INIT_UNKNOWN" });
  assert.throws(install(SERVICE, { root: join(root, "usr/bin/sample") }), { code: "USAGE" });
  writeFileSync(join(root, "etc/systemd"), "");
  assert.throws(install(SERVICE, {}), { code: "SERVICE_FAILED", message: /cannot write/ });
  mkdirSync(join(root, "usr/lib/systemd/system"));
  writeFileSync(join(root, "usr/lib/systemd/system/sample.service"), "");
  assert.throws(install(SERVICE, {}), { code: "SERVICE_FAILED", message: /package/ });
});

test("the user of a service is made in an image", {
  skip: skipUnless(process.getuid?.() === 0, "needs root") || requireTool("useradd"),
}, async (t) => {
  const root = makeImage(t, "systemd", "root:x:0:0::/:/bin/sh\n");
  const said: string[] = [];
  installService(SERVICE, { ...FLAGS, root }, { out: (text) => void said.push(text), err: () => undefined });
  assert.equal(said[0], "make the user sample\n");
  assert.match(
    readFileSync(join(root, "etc/passwd"), "utf8"),
    /^sample:[x!]:\d+:\d+::\/var\/lib\/sample:.*nologin$/m,
  );
});
