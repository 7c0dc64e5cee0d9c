import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { requireTool, runProgram, skipUnless } from "@jamesd/testkit";
import { LAUNCHER } from "../src/launcher.ts";

/** A state directory, with the launcher and two programs beside it that say which they are. */
class Place {
  readonly dir: string;

  constructor(t: TestContext) {
    this.dir = mkdtempSync(join(tmpdir(), "jamesc-launcher-"));
    t.after(() => rmSync(this.dir, { recursive: true }));
    this.write("launch", LAUNCHER);
    for (const name of ["new one", "old one"])
      this.write(name, `#!/bin/sh\necho "${name} $JAMESC_START" "$@"\n`);
  }

  path(...parts: readonly string[]): string {
    return join(this.dir, ...parts);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
    chmodSync(this.path(name), 0o755);
  }

  trial(files: Readonly<Record<string, string>>): void {
    mkdirSync(this.path("trial"), { recursive: true });
    const command = `${this.path("trial/0-old")}\n--flag\nof the old\n`;
    this.write("trial/0-old", readFileSync(this.path("old one"), "utf8"));
    for (const [name, text] of Object.entries({ command, ...files })) this.write(`trial/${name}`, text);
  }

  launch() {
    return runProgram(["sh", this.path("launch"), this.dir, this.path("new one"), "--flag", "of the new"]);
  }
}

test("the launcher starts what is installed, and during a trial the old one or the new one", async (t) => {
  const place = new Place(t);
  const said = async (): Promise<string> => (await place.launch()).stdout.replaceAll(place.dir, "DIR");
  assert.equal(await said(), "new one launched:DIR --flag of the new\n");
  place.trial({ seconds: "60" });
  assert.equal(await said(), "old one old:DIR --flag of the old\n", "before the switch is whole");
  place.trial({ switched: "" });
  for (const start of ["1", "2", "3"]) {
    assert.equal(await said(), "new one trial:DIR --flag of the new\n");
    assert.equal(readFileSync(place.path("trial/starts"), "utf8").trim(), start);
  }
  assert.equal(await said(), "old one old:DIR --flag of the old\n", "the new one had its chances");
  rmSync(place.path("trial/0-old"));
  assert.equal(
    await said(),
    "new one launched:DIR --flag of the new\n",
    "what is not there cannot be started",
  );
  rmSync(place.path("trial/command"));
  assert.equal(await said(), "new one launched:DIR --flag of the new\n", "the trial is over");
});

test("glibc is told to give back what is large, unless something else was set", async (t) => {
  const place = new Place(t);
  place.write(
    "new one",
    `#!/bin/sh\necho "$MALLOC_ARENA_MAX $MALLOC_MMAP_THRESHOLD_ $MALLOC_TRIM_THRESHOLD_"\n`,
  );
  assert.equal((await place.launch()).stdout, "1 131072 131072\n");
  const launch = ["sh", place.path("launch"), place.dir, place.path("new one")];
  const { stdout } = await runProgram(launch, { env: { ...process.env, MALLOC_ARENA_MAX: "4" } });
  assert.equal(stdout, "4 131072 131072\n");
});

test("Node is told of no authority but those that jamesc is given, unless something else was set", async (t) => {
  const place = new Place(t);
  place.write("new one", `#!/bin/sh\necho "$NODE_OPTIONS $SSL_CERT_FILE $SSL_CERT_DIR"\n`);
  const launch = ["sh", place.path("launch"), place.dir, place.path("new one")];
  const launched = async (options: string) =>
    (await runProgram(launch, { env: { NODE_OPTIONS: options, SSL_CERT_FILE: "all", SSL_CERT_DIR: "all" } }))
      .stdout;
  assert.equal(await launched(""), "--use-openssl-ca /dev/null /dev/null\n");
  assert.equal(await launched("--use-bundled-ca"), "--use-bundled-ca all all\n");
});

test("a new one that does not prove itself in time is killed, and one that did is left alone", async (t) => {
  const place = new Place(t);
  place.write("new one", "#!/bin/sh\nexec sleep 600\n");
  place.trial({ seconds: "1", switched: "" });
  assert.equal((await place.launch()).signal, "SIGKILL");
  place.write("new one", `#!/bin/sh\nrm "${place.path("trial/command")}"\nexec sleep 3\n`);
  assert.equal((await place.launch()).code, 0);
  assert.ok(existsSync(place.path("trial/switched")));
});

// In a process namespace of its own, where nobody else is.
test("what watches a new one ends soon after it, and leaves nothing behind", {
  skip: skipUnless(process.getuid?.() === 0, "needs root") || requireTool("unshare"),
}, async (t) => {
  const place = new Place(t);
  place.write("new one", "#!/bin/sh\nexit 3\n");
  place.trial({ seconds: "100000", switched: "" });
  const script = `sh "$1/launch" "$1" "$1/new one"
# This shell alone is left, which begins no process to see that.
until set -- /proc/[0-9]* && [ $# = 1 ]; do :; done
echo alone`;
  const alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const { stdout } = await runProgram([...alone, "sh", "-c", script, "sh", place.dir]);
  assert.equal(stdout, "alone\n");
});

// In a process namespace of its own, where the next process id can be chosen.
test("a process that got the id of an agent that has ended is not killed in its place", {
  skip: skipUnless(process.getuid?.() === 0, "needs root") || requireTool("unshare"),
}, async (t) => {
  const place = new Place(t);
  place.write("new one", `#!/bin/sh\nuntil [ -e "${place.path("go")}" ]; do :; done\n`);
  place.trial({ seconds: "1", switched: "" });
  const script = `sh "$1/launch" "$1" "$1/new one" & agent=$!
# The watch begins no process more when it sleeps.
until grep -qsx sleep /proc/[0-9]*/comm; do :; done
: >"$1/go"
wait $agent
# When a process began is known to the hundredth of a second: no two of one id begin within one.
sleep 0.1
echo $((agent - 1)) >/proc/sys/kernel/ns_last_pid
sleep 3 & other=$!
wait $other
echo "$agent $other $?"`;
  const alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const { stdout } = await runProgram([...alone, "sh", "-c", script, "sh", place.dir]);
  assert.match(stdout, /^(\d+) \1 0\n$/);
});
