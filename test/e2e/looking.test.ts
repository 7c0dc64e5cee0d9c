import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import {
  KEYS,
  programCommand,
  requireTool,
  Sandbox,
  shellWords,
  startOnTerminal,
  waitFor,
} from "@jamesd/testkit";

/** A fleet of `good`, which has what it should have, and `soon`, which failed and whose certificate ends in 20 days. */
suite("looking at a fleet", { skip: requireTool("script", "tar", "xz") }, () => {
  let sandbox: Sandbox;
  const onTerminal = (words: readonly string[], env = {}, isTyped = false) =>
    startOnTerminal(shellWords([...programCommand("jamesd-ctl"), ...words]), {
      ...{ cwd: sandbox.dir, env: { ...sandbox.ctlEnv("admin"), TERM: "xterm", ...env }, isTyped },
    });

  before(async () => {
    sandbox = await Sandbox.create(["good"]);
    await sandbox.pkitool("--add-client", "soon", "--days", "20");
    await sandbox.startServer();
    const preinst = sandbox.write("preinst", "exit 7\n");
    const archive = await sandbox.pack("app", { "opt/app": "1\n" });
    await sandbox.ctlOk("add-packet", "--name", "app", "--data", archive, "--preinst", preinst);
    assert.equal((await sandbox.runAgentOnce("good", ["x"])).code, 0);
    sandbox.startAgent("soon", ["x"]);
    const wish = sandbox.write("wish.yaml", "id: soon\napps:\n- name: app\n");
    await sandbox.ctlOk("apply", "-f", wish);
    await waitFor("the failure", async () =>
      (await sandbox.ctlOk("list-systems", "--columns", "next-try", "--tags", "x")).match(/\dZ/)
        ? true
        : undefined,
    );
  });
  after(() => sandbox[Symbol.asyncDispose]());

  test("who is there, and whom the server takes you for", async () => {
    const { version } = JSON.parse(readFileSync(`${import.meta.dirname}/../../package.json`, "utf8"));
    assert.match(
      await sandbox.ctlOk("ping"),
      new RegExp(`^server: 127.0.0.1:${sandbox.port}\nname: jamesd\nversion: ${version}\n`),
    );
    const { stdout } = await sandbox.ctlAs("watcher", "whoami");
    assert.match(stdout, /^name: watcher\nrole: viewer\ncertEnds: /);
    const { stderr, stdout: versions } = await sandbox.ctl("version", "--output", "json");
    const { client, server } = JSON.parse(versions);
    assert.deepEqual([client, stderr], [server, ""]);
  });

  test("the agent, the error, the end of the certificate and the next try of a device", async () => {
    const { stdout, stderr, code } = await sandbox.ctl("list-systems", "--output", "json", "--check");
    const [good, soon] = JSON.parse(stdout);
    assert.deepEqual([good.sync, good.problem, good.nextTry], ["unmanaged", null, null]);
    assert.deepEqual([soon.sync, soon.problem.code, soon.systemtags], ["failed", "SCRIPT_FAILED", ["x"]]);
    assert.match(soon.agent, /^jamesc\//);
    assert.match(soon.nextTry, /^\d{4}-.*Z$/);
    const { validTo } = new X509Certificate(readFileSync(sandbox.path("pki/soon.crt")));
    assert.equal(Date.parse(soon.certEnds), Date.parse(validTo));
    assert.match(stderr, /^the certificates of 1 device have ended or end within 30 days: soon \(.*\n/);
    assert.match(stderr, /\n.*: 1 of 2 devices is not in sync: 1 failed \[NOT_IN_SYNC\]\n/);
    assert.equal(code, 4);
    assert.match(await sandbox.ctlOk("describe", "--id", "soon"), /\nnextTry: at .*, in \d+ (s|minutes)\n/);
  });

  test("what differs between two packets, by exit code too", async () => {
    const archive = await sandbox.pack("app-2", { "opt/app": "22\n", "opt/new": { text: "", mode: 0o700 } });
    await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "v2", "--data", archive);
    const { code, stdout } = await sandbox.ctl("diff-packets", "app=", "app=v2", "--exit-code");
    assert.equal(code, 2);
    const said = stdout.split("\n").map((line) => line.replace(/ {2,}/g, "|").replace(/\(.*\)/, "()"));
    assert.deepEqual(said, [
      "WHAT|CHANGE|BEFORE|AFTER",
      "tags|changed|-|v2",
      "preinst|changed|7 bytes ()|-",
      "/opt/app|content, size|0644 0:0 2|0644 0:0 3",
      "/opt/new|added|-|0700 0:0 0",
      "",
    ]);
    assert.deepEqual((await sandbox.ctl("diff-packets", "app=v2", "app=v2", "--exit-code")).code, 0);
  });

  test("a script for the shell is printed as it is, whatever --output says", async () => {
    const script = await sandbox.ctlOk("completion", "bash", "--output", "json");
    assert.match(script, /^# Completion of jamesd-ctl for bash.*\ncomplete -F _jamesd_ctl jamesd-ctl\n$/s);
    assert.equal((await sandbox.ctl("completion", "csh")).code, 2);
  });

  test("which packets have a path", async () => {
    const { code, stderr } = await sandbox.ctl("which-packet", "/opt/nothing");
    assert.equal(code, 1);
    assert.match(stderr, /no packet has \/opt\/nothing \[PATH_UNKNOWN\]/);
    const found = JSON.parse(await sandbox.ctlOk("which-packet", "/opt/app", "--output", "json"));
    assert.deepEqual(
      found.map(({ name, devices }: { name: string; devices: number }) => [name, devices]),
      [
        ["app", 0],
        ["app", 0],
      ],
    );
  });

  test("totals and colours are for who looks at a terminal", async () => {
    const words = ["list-systems", "--columns", "id,sync"];
    const { stdout: painted } = await onTerminal(words).ended;
    const red = "soon  \x1b[31mfailed\x1b[39m";
    assert.ok(painted.includes(red), painted);
    assert.match(painted, /\n2 devices: 1 failed, 1 unmanaged; \d connected\r\n/);
    const { stdout: plain } = await onTerminal(words, { NO_COLOR: "1" }).ended;
    assert.ok(plain.includes("soon  failed\r\n") && plain.includes("2 devices"), plain);
    assert.equal(await sandbox.ctlOk(...words), "ID    SYNC\ngood  unmanaged\nsoon  failed\n");
    assert.ok((await sandbox.ctlOk(...words, "--color", "always")).includes(red));
  });

  test("what changes is shown on a terminal until Ctrl-C, and nowhere else", async () => {
    const watch = ["list-systems", "--watch", "--columns", "id,sync"];
    const refused = await sandbox.ctl(...watch);
    assert.deepEqual([refused.code, refused.stdout], [2, ""]);
    assert.match(refused.stderr, /--watch shows a table on a terminal.*\[USAGE\]\n {2}hint: events --follow/);
    const shown = onTerminal(watch, { NO_COLOR: "1" }, true);
    await shown.says("soon  failed");
    const none = sandbox.write("none.yaml", "id: soon\napps: []\n");
    await sandbox.ctlOk("apply", "-f", none);
    await shown.says("soon  in-sync");
    shown.types(KEYS.ctrlC);
    const { code, stdout } = await shown.ended;
    assert.equal(code, 130, stdout);
    const [, left] = stdout.split("\x1b[?1049l");
    assert.match(left ?? "", /^ID .*\nsoon {2}in-sync\r\n/s, "the last picture stays");
  });
});
