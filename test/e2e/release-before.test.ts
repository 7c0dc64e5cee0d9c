import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { FEATURES } from "@jamesd/model";
import {
  Program,
  type ProgramResult,
  pick,
  programCommand,
  requireTool,
  runProgram,
  Sandbox,
  sh,
  skipUnless,
  waitFor,
} from "@jamesd/testkit";

const RELEASES = join(import.meta.dirname, "../releases");
const THERE = readdirSync(RELEASES).filter((file) => file.endsWith(".cjs.br"));
/** Another one with another commit. */
const AGENTS = pick("agents of before", THERE, 1);
const TODAY = programCommand("jamesc");
const DEVICE = "device-1";
const TEXT = "a line of a file\n".repeat(500);

/** The first knew no configuration files: such a packet has another digest for it. */
const KNOWS_CONFFILES = (agent: string): boolean => !agent.startsWith("jamesc-0.1.0");

/** The first knew nothing of files that are copied between file systems. */
const KNOWS_ACROSS = KNOWS_CONFFILES;

const cannotMount =
  requireTool("mount", "umount") || skipUnless(process.getuid?.() === 0, "needs root to mount");

/** A server, packets of three versions, and a device whose agent may be changed. */
class Field {
  readonly sandbox: Sandbox;
  readonly old: readonly string[];

  private constructor(sandbox: Sandbox, old: readonly string[]) {
    this.sandbox = sandbox;
    this.old = old;
  }

  static async create(agent: string): Promise<Field> {
    const sandbox = await Sandbox.create([DEVICE]);
    const file = sandbox.path("jamesc-before.cjs");
    writeFileSync(file, brotliDecompressSync(readFileSync(join(RELEASES, agent))));
    await sandbox.startServer();
    const field = new Field(sandbox, [process.execPath, file]);
    const flags = KNOWS_CONFFILES(agent) ? ["--conffile", "etc/app.conf"] : [];
    for (const version of ["v1", "v2", "v3"]) await field.#upload(version, flags);
    await must(field.once(field.old));
    return field;
  }

  async #upload(version: string, flags: readonly string[]): Promise<void> {
    const { sandbox } = this;
    const files = {
      "opt/app/text": `${TEXT}${version}\n`,
      [`opt/app/${version}`]: version,
      "etc/app.conf": "a = 1\n",
    };
    const data = await sandbox.pack(version, files);
    const log = `echo "$JAMES_SCRIPT ${version}" >> "$JAMES_ROOT/log"\n`;
    const postinst = sandbox.write(`postinst-${version}.sh`, log);
    // The third waits for a file, so that an agent can be killed in the middle of it; the counterpart lets it go.
    const preinst = sandbox.write(
      `preinst-${version}.sh`,
      version === "v3" ? `${log}for i in $(seq 600); do [ -e "$JAMES_ROOT/go" ] || sleep 0.1; done\n` : log,
    );
    const scripts = ["--preinst", preinst, "--postinst", postinst];
    const packet = ["--name", "app", "--data", data, "--tags", version, ...flags];
    await sandbox.ctlOk("add-packet", ...packet, ...scripts);
  }

  async want(version: string, app = "app"): Promise<void> {
    const file = this.sandbox.write(
      "wish.yaml",
      `id: ${DEVICE}\napps:\n- name: ${app}\n  tags: [${version}]\n`,
    );
    await this.sandbox.ctlOk("set-desired-state", "--file", file);
  }

  /** One check-in of an agent, and what follows from it. */
  once(command: readonly string[]): Promise<ProgramResult> {
    return runProgram([...command, ...this.sandbox.agentFlags(DEVICE, []), "--once"], {
      cwd: this.sandbox.dir,
    });
  }

  start(command: readonly string[]): Program {
    return new Program([...command, ...this.sandbox.agentFlags(DEVICE, [])], { cwd: this.sandbox.dir });
  }

  async device(): Promise<{
    sync: string;
    agent: string;
    features: readonly string[];
    transaction: { outcome: string } | null;
  }> {
    return JSON.parse(await this.sandbox.ctlOk("get-device", "--id", DEVICE, "--output", "json"));
  }

  /** Sees that the device has this version and nothing of another, and that the server knows it. */
  async has(version: string): Promise<void> {
    const root = this.sandbox.root(DEVICE);
    assert.deepEqual(readdirSync(join(root, "opt/app")).sort(), ["text", version]);
    assert.equal(readFileSync(join(root, "opt/app/text"), "utf8"), `${TEXT}${version}\n`);
    assert.equal((await this.device()).sync, "in-sync");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}

async function must(result: Promise<ProgramResult>): Promise<void> {
  const { code, stderr, stdout } = await result;
  assert.equal(code, 0, stdout + stderr);
}

assert.ok(THERE.length >= 2, "agents of releases before are kept");
for (const agent of AGENTS)
  describe(agent, () => {
    test("works with today's server: installs, takes an update, and goes away", async () => {
      await using field = await Field.create(agent);
      for (const version of ["v1", "v2"]) {
        await field.want(version);
        await must(field.once(field.old));
        await field.has(version);
      }
      const { agent: program, features } = await field.device();
      assert.match(program, /^jamesc\//);
      assert.deepEqual(features, [], "it says of none");
      const none = field.sandbox.write("none.yaml", `id: ${DEVICE}\napps: []\n`);
      await field.sandbox.ctlOk("set-desired-state", "--file", none);
      await must(field.once(field.old));
      assert.ok(!existsSync(join(field.sandbox.root(DEVICE), "opt/app")));
    });

    test("today's agent goes on where it was, without a transaction, and can give back", async () => {
      await using field = await Field.create(agent);
      await field.want("v1");
      await must(field.once(field.old));
      const { transaction } = await field.device();
      await must(field.once(TODAY));
      await field.has("v1");
      assert.deepEqual((await field.device()).transaction, transaction);
      await field.want("v2");
      await must(field.once(TODAY));
      await field.has("v2");
      assert.deepEqual((await field.device()).features, FEATURES);
      await must(field.once(field.old));
      await field.has("v2");
      assert.deepEqual((await field.device()).features, []);
      await field.want("v1");
      await must(field.once(field.old));
      await field.has("v1");
    });

    for (const [words, first, second] of [
      ["today's agent undoes what it began", "old", "today"],
      ["it undoes what today's agent began", "today", "old"],
    ] as const)
      test(words, async () => {
        await using field = await Field.create(agent);
        const command = (which: "old" | "today"): readonly string[] => (which === "old" ? field.old : TODAY);
        await field.want("v2");
        await must(field.once(command(first)));
        await field.want("v3");
        const begun = field.start(command(first));
        const root = field.sandbox.root(DEVICE);
        try {
          await waitFor("the script of the third version to run", () =>
            readFileSync(join(root, "log"), "utf8").includes("preinst v3") ? true : undefined,
          );
          assert.ok(!existsSync(join(root, "opt/app/v2")), "the old version has gone");
        } finally {
          await begun.stop("SIGKILL");
        }
        // A wish that the device already has: what is seen is the undoing alone.
        await field.want("v2");
        await field.once(command(second));
        await must(field.once(command(second)));
        await field.has("v2");
        writeFileSync(join(root, "go"), "");
        await field.want("v3");
        await must(field.once(command(second)));
        await field.has("v3");
      });

    test("what it cannot undo of today's agent it does not pass over", { skip: cannotMount }, async () => {
      await using field = await Field.create(agent);
      const { sandbox } = field;
      const root = sandbox.root(DEVICE);
      const disk = join(root, "disk");
      mkdirSync(disk);
      sh("mount", "-t", "tmpfs", "-o", "size=1m,mode=755", "jamesd-test", disk);
      try {
        mkdirSync(join(root, "srv/moved"), { recursive: true });
        const data = await sandbox.pack("moved", { "srv/moved/text": TEXT });
        const move = `rmdir "$JAMES_ROOT/srv/moved" && ln -s /disk "$JAMES_ROOT/srv/moved"\n`;
        const wait = `touch "$JAMES_ROOT/waits"\nwhile :; do sleep 0.1; done\n`;
        const scripts = [
          ...["--preinst", sandbox.write("preinst.sh", move)],
          ...["--postinst", sandbox.write("postinst.sh", wait)],
        ];
        await sandbox.ctlOk("add-packet", "--name", "moved", "--data", data, "--tags", "v1", ...scripts);
        await field.want("v1", "moved");
        const begun = field.start(TODAY);
        try {
          await waitFor("the script to run", () => (existsSync(join(root, "waits")) ? true : undefined));
        } finally {
          await begun.stop("SIGKILL");
        }
        assert.deepEqual(readdirSync(disk), ["text"], "it was copied there");
        const none = sandbox.write("none.yaml", `id: ${DEVICE}\napps: []\n`);
        await sandbox.ctlOk("set-desired-state", "--file", none);
        const older = await field.once(field.old);
        if (KNOWS_ACROSS(agent)) assert.equal((await field.device()).transaction?.outcome, "rolled-back");
        else assert.match(older.stderr, /ROLLBACK_FAILED/);
        await must(field.once(TODAY));
        assert.deepEqual(readdirSync(disk), []);
        assert.equal((await field.device()).transaction?.outcome, "rolled-back");
      } finally {
        sh("umount", disk);
      }
    });
  });
