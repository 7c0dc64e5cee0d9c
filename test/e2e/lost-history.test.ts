import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, renameSync } from "node:fs";
import { test } from "node:test";
import { requireTool, Sandbox, waitFor } from "@jamesd/testkit";

const TAGS = ["arm"];
const skip = requireTool("tar");

/** A server with `vpn` in two versions and `web`, and a device that runs once when it is told to. */
class World implements AsyncDisposable {
  readonly sandbox: Sandbox;

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  static async create(): Promise<World> {
    const world = new World(await Sandbox.create(["device-1", "device-2"]));
    await world.sandbox.startServer();
    await Promise.all([world.upload(), world.checkIn("device-1"), world.checkIn("device-2")]);
    return world;
  }

  async upload(): Promise<void> {
    await Promise.all(
      ["vpn=v1", "vpn=v2", "web=v1"].map(async (packet) => {
        const [name = "", version = ""] = packet.split("=");
        const archive = await this.sandbox.pack(
          `${name}-${version}`,
          { [`opt/${name}`]: `${version}\n` },
          "",
        );
        await this.sandbox.ctlOk("add-packet", "--name", name, "--tags", version, "--data", archive);
      }),
    );
  }

  /** Sets what a device should have of its own, such as `vpn=v1`. */
  async want(id: string, ...apps: readonly string[]): Promise<void> {
    await this.sandbox.ctlOk(
      "set-desired-state",
      "--file",
      this.sandbox.write(`${id}.yaml`, stateFile(id, apps)),
    );
  }

  async checkIn(id = "device-1"): Promise<void> {
    const { code, stderr } = await this.sandbox.runAgentOnce(id, TAGS);
    assert.equal(code, 0, stderr);
  }

  /** What a device has. */
  has(id: string, name: string): string | undefined {
    const path = `${this.sandbox.root(id)}/opt/${name}`;
    return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
  }

  async sync(id = "device-1"): Promise<string | undefined> {
    return (await this.sandbox.device(id))?.sync;
  }

  async revision(id = "device-1"): Promise<number | undefined> {
    return (await this.sandbox.device(id))?.revision;
  }

  /** The server stops, `change` happens to its data, and it starts again. */
  async lose(change: (data: string) => void): Promise<void> {
    await this.sandbox.stopServer();
    change(this.sandbox.path("data"));
    await this.sandbox.startServer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}

function stateFile(id: string, apps: readonly string[]): string {
  const lines = apps.map((app) => app.split("=")).map(([name, tag]) => `- name: ${name}\n  tags: [${tag}]\n`);
  return `id: ${id}\napps:${lines.length === 0 ? " []\n" : `\n${lines.join("")}`}`;
}

const everybody = (...apps: readonly string[]): string =>
  `kind: spec\nselector: []\n${stateFile("everybody", apps)}`;

test("a server with a new data folder empties no device: it is left alone until an operator decides", {
  skip,
}, async () => {
  await using world = await World.create();
  const { sandbox } = world;
  await world.want("device-1", "vpn=v1", "web=v1");
  await world.checkIn();
  await world.want("device-1", "vpn=v2", "web=v1");
  await world.checkIn();

  await world.lose((data) => renameSync(data, `${data}.lost`));
  await sandbox.ctlOk("apply", "-f", sandbox.write("all.yaml", everybody()));
  for (let i = 0; i < 2; i += 1) await world.checkIn();
  assert.deepEqual([world.has("device-1", "vpn"), world.has("device-1", "web")], ["v2", "v1"]);
  assert.equal(await world.sync(), "halted");
  assert.match(await sandbox.ctlOk("list-systems"), /device-1 .* halted/);
  const told = /revision 2 of another server's history/;
  for (const command of ["describe", "get-device", "plan"])
    assert.match(await sandbox.ctlOk(command, "--id", "device-1"), told, command);
  assert.match(await sandbox.ctlOk("events"), told);
  const waiting = await sandbox.ctl("retry", "--id", "device-1", "--wait");
  assert.match(waiting.stderr, /adopt-state --id device-1/);

  // Its packets are not here yet.
  const early = await sandbox.ctl("adopt-state", "--id", "device-1");
  assert.match(early.stderr, /no packet fulfils vpn/);
  assert.equal(await world.sync(), "halted");
  await world.upload();
  assert.match(await sandbox.ctlOk("adopt-state", "--id", "device-1"), /^revision: 3\ndevices: 1\n/);
  assert.match(await sandbox.ctlOk("get-desired-state", "--id", "device-1"), /vpn\n {2}tags:\n {2}- v2\n/);
  await world.checkIn();
  assert.deepEqual([await world.sync(), await world.revision()], ["in-sync", 3]);
  await world.want("device-1", "web=v1");
  await world.checkIn();
  assert.deepEqual([world.has("device-1", "vpn"), await world.revision()], [undefined, 4]);
});

test("a server that went back to an older backup takes nothing back, and gives no number twice", {
  skip,
}, async () => {
  await using world = await World.create();
  const { sandbox } = world;
  await sandbox.ctlOk("apply", "-f", sandbox.write("all.yaml", everybody()));
  await sandbox.stopServer();
  cpSync(sandbox.path("data"), sandbox.path("backup"), { recursive: true });
  await sandbox.startServer();
  await world.want("device-1", "vpn=v1");
  await world.want("device-2", "vpn=v1");
  await world.want("device-1", "vpn=v2");
  await Promise.all([world.checkIn("device-1"), world.checkIn("device-2")]);

  await world.lose((data) => {
    renameSync(data, `${data}.lost`);
    renameSync(sandbox.path("backup"), data);
  });
  // Also when the numbers were given again before the devices came back.
  for (const apps of [["web=v1"], []])
    await sandbox.ctlOk("apply", "-f", sandbox.write("all.yaml", everybody(...apps)));
  await Promise.all([world.checkIn("device-1"), world.checkIn("device-2")]);
  assert.deepEqual([world.has("device-1", "vpn"), world.has("device-2", "vpn")], ["v2", "v1"]);
  assert.deepEqual([await world.sync("device-1"), await world.sync("device-2")], ["halted", "halted"]);
  assert.match(await sandbox.ctlOk("describe", "--id", "device-1"), /followed revision 4/);

  await sandbox.ctlOk("adopt-state", "--id", "device-2", "--from-server");
  await world.checkIn("device-2");
  assert.deepEqual([world.has("device-2", "vpn"), await world.sync("device-2")], [undefined, "in-sync"]);
  assert.equal(await world.revision("device-2"), 5);
  assert.match(await sandbox.ctlOk("adopt-state", "--all"), /^revision: 6\ndevices: 1\nids:\n- device-1\n/);
  await world.checkIn();
  assert.deepEqual([world.has("device-1", "vpn"), await world.sync()], ["v2", "in-sync"]);
});

test("an agent that runs on while the server loses its database keeps what it has", { skip }, async () => {
  await using world = await World.create();
  const agent = world.sandbox.startAgent("device-1", TAGS);
  await world.want("device-1", "vpn=v1");
  await waitFor("vpn", () => world.has("device-1", "vpn"));
  await waitFor("the report", async () => (await world.sync()) === "in-sync" || undefined);
  await world.lose((data) => renameSync(data, `${data}.lost`));
  await waitFor("the device", async () => (await world.sync()) === "halted" || undefined);
  await agent.stop();
  assert.equal(world.has("device-1", "vpn"), "v1");
});

test("a device that was removed and comes back keeps what it has, also when a spec came and went", {
  skip,
}, async () => {
  await using world = await World.create();
  const { sandbox } = world;
  await world.want("device-1", "vpn=v1");
  await world.checkIn();
  await sandbox.ctlOk("remove-device", "--id", "device-1", "--force", "--yes");
  await world.checkIn();
  assert.deepEqual([await world.sync(), world.has("device-1", "vpn")], ["unmanaged", "v1"]);
  // What it could not carry out makes it nobody's.
  const bad = sandbox.write("bad.sh", "#!/bin/sh\nexit 1\n");
  const archive = await sandbox.pack("bad", { "opt/bad": "bad\n" }, "");
  await sandbox.ctlOk("add-packet", "--name", "bad", "--tags", "v1", "--data", archive, "--preinst", bad);
  await sandbox.ctlOk("apply", "-f", sandbox.write("all.yaml", everybody("vpn=v1", "bad=v1")));
  assert.equal((await sandbox.runAgentOnce("device-1", TAGS)).code, 4);
  await sandbox.ctlOk("remove-spec", "--id", "everybody", "--yes");
  await world.checkIn();
  assert.deepEqual([await world.sync(), world.has("device-1", "vpn")], ["unmanaged", "v1"]);
});
