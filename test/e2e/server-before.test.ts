import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { Program, type ProgramResult, runProgram, Sandbox, waitFor } from "@jamesd/testkit";

const RELEASES = join(import.meta.dirname, "../releases");
const SERVERS = readdirSync(RELEASES).filter((file) => /^jamesd-[\d.-]+\.mjs\.br$/.test(file));
const DEVICE = "device-1";
const TEXT = "a line of a file\n".repeat(5000);

/** A server of before with the command line of then, and a device with today's agent. */
class Field {
  readonly sandbox: Sandbox;
  readonly #programs: Program[] = [];

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  static async create(server: string): Promise<Field> {
    const field = new Field(await Sandbox.create([DEVICE]));
    for (const name of [server, server.replace("jamesd-", "jamesd-ctl-")])
      writeFileSync(field.#file(name), brotliDecompressSync(readFileSync(join(RELEASES, name))));
    const { sandbox } = field;
    const flags = ["--addr", `127.0.0.1:${sandbox.port}`, "--data", sandbox.path("data")];
    const command = [process.execPath, field.#file(server), ...flags, ...sandbox.credentials("jamesd")];
    await field.#start(command).says("ready");
    return field;
  }

  #file(name: string): string {
    return this.sandbox.path(name.replace(/-[\d.-]+\.mjs\.br$/, ".mjs"));
  }

  #start(command: readonly string[]): Program {
    const program = new Program(command, { cwd: this.sandbox.dir });
    this.#programs.push(program);
    return program;
  }

  async ctl(...args: readonly string[]): Promise<string> {
    const command = [process.execPath, this.sandbox.path("jamesd-ctl.mjs"), ...args];
    const { code, stdout, stderr } = await runProgram(command, {
      cwd: this.sandbox.dir,
      env: this.sandbox.ctlEnv("admin"),
    });
    assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  async add(version: string, postinst: string): Promise<void> {
    const files = {
      "opt/app/text": `${TEXT}${version}\n`,
      [`opt/app/${version}`]: version,
      "etc/app.conf": "a = 1\n",
    };
    const data = await this.sandbox.pack(version, files);
    const script = this.sandbox.write(`${version}.sh`, `${postinst}\n`);
    const packet = ["--name", "app", "--data", data, "--tags", version, "--conffile", "etc/app.conf"];
    await this.ctl("add-packet", ...packet, "--postinst", script);
  }

  async want(...versions: readonly string[]): Promise<void> {
    const apps = versions.map((version) => ({ name: "app", tags: [version] }));
    const file = this.sandbox.write("wish.yaml", JSON.stringify({ id: DEVICE, apps }));
    await this.ctl("set-desired-state", "--file", file);
  }

  checkIn(): Promise<ProgramResult> {
    return this.sandbox.runAgentOnce(DEVICE);
  }

  async device(): Promise<{ sync: string; connected: boolean; transaction: { outcome: string } | null }> {
    return JSON.parse(await this.ctl("get-device", "--id", DEVICE, "--output", "json"));
  }

  has(...versions: readonly string[]): void {
    const expected = versions.length === 0 ? [] : ["text", ...versions];
    const root = this.sandbox.root(DEVICE);
    const found = readdirSync(root).includes("opt") ? readdirSync(join(root, "opt/app")).sort() : [];
    assert.deepEqual(found, expected);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop("SIGKILL")));
    await this.sandbox[Symbol.asyncDispose]();
  }
}

assert.ok(SERVERS.length > 0, "servers of releases before are kept");
for (const server of SERVERS)
  describe(server, () => {
    test("today's agent installs, updates by a delta, undoes what fails, and goes away", async () => {
      await using field = await Field.create(server);
      await field.add("v1", "true");
      await field.add("v2", "true");
      await field.add("v3", "false");
      assert.equal((await field.checkIn()).code, 0);
      await field.want("v1");
      const first = await field.checkIn();
      assert.equal(first.code, 0, first.stderr);
      field.has("v1");

      await field.want("v2");
      const second = await field.checkIn();
      assert.equal(second.code, 0, second.stderr);
      assert.match(second.stderr, /"msg":"delta"/);
      field.has("v2");
      assert.equal((await field.device()).sync, "in-sync");

      await field.want("v3");
      assert.notEqual((await field.checkIn()).code, 0);
      field.has("v2");
      assert.equal((await field.device()).transaction?.outcome, "rolled-back");

      // By push, to an agent that stays.
      field.sandbox.startAgent(DEVICE);
      await waitFor("the agent to be heard", async () => (await field.device()).connected || undefined);
      await field.want();
      await waitFor("the app to go", async () => (await field.device()).sync === "in-sync" || undefined);
      field.has();
    });
  });
