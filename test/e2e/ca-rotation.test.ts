import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { IS_WHOLE, programCommand, runProgram, Sandbox, sweepTest, waitFor } from "@jamesd/testkit";
import { startJoining } from "./joining.ts";

/** In a sample fewer, for each is a program. */
const DEVICES = Array.from({ length: IS_WHOLE ? 12 : 3 }, (_, n) => `board-${n + 1}`);
/** One that has its certificate from pkitool: it moves over to the authority for devices. */
const BY_HAND = "board-1";

interface Listed {
  readonly id: string;
  readonly connected: boolean;
}

/** Both authorities of a sandbox, old ones and those that take their place in a folder `new`. */
class Authorities {
  readonly #sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  async make(): Promise<void> {
    const folder = ["--dir", this.#at("new")];
    await this.#sandbox.pkitool("--init", "--add-server", "jamesd", "--add-operator", "admin", ...folder);
    await this.#sandbox.pkitool("--init-device-ca", ...folder);
  }

  /** The new ones count, and the old ones still do. */
  addNew(): void {
    for (const name of ["ca.crt", "device-ca.crt"]) {
      const both = [this.#at("new", name), this.#at("pki", name)].map((path) => readFileSync(path, "utf8"));
      writeFileSync(this.#at("pki", name), both.join(""));
    }
    copyFileSync(this.#at("new/device-ca.key"), this.#at("pki/device-ca.key"));
  }

  /** The old ones are gone. */
  dropOld(): void {
    for (const name of ["ca.crt", "device-ca.crt", "jamesd.crt", "jamesd.key", "admin.crt", "admin.key"])
      copyFileSync(this.#at("new", name), this.#at("pki", name));
  }

  /** The last part of the name of who issues for devices then. */
  get newIssuer(): string {
    const { subject } = new X509Certificate(readFileSync(this.#at("new/device-ca.crt")));
    return subject.split(" ").at(-1) ?? "";
  }

  #at(...parts: readonly string[]): string {
    return this.#sandbox.path(...parts);
  }
}

/** Waits until all devices are connected, with certificates of this authority, when there is one named. */
async function allConnected(sandbox: Sandbox, issuer?: string): Promise<void> {
  const by = issuer === undefined ? [] : ["--issuer", issuer];
  await waitFor(`all devices to be connected, of ${issuer}`, async () => {
    const printed = await sandbox.ctlOk("list-systems", ...by, "--output", "json");
    const connected = (JSON.parse(printed) as readonly Listed[]).filter((one) => one.connected);
    return connected.length === DEVICES.length ? true : undefined;
  });
}

sweepTest("every authority of a fleet is replaced, and no device is lost", {}, async () => {
  await using sandbox = await Sandbox.create([BY_HAND]);
  const joining = await startJoining(sandbox);
  const token = await joining.token("--uses", String(DEVICES.length), "--id-prefix", "board-");
  const file = ["--enroll-token-file", sandbox.write("token", token), "--interval", "2s"];
  const agents = DEVICES.map((device) => sandbox.start("jamesc", [...joining.flags(device), ...file]));
  const authorities = new Authorities(sandbox);
  await allConnected(sandbox);

  await authorities.make();
  authorities.addNew();
  process.kill(joining.server.pid, "SIGHUP");
  await joining.server.says("read the certificates again");
  await sandbox.ctlOk("renew", "--all");
  await allConnected(sandbox, authorities.newIssuer);

  authorities.dropOld();
  process.kill(joining.server.pid, "SIGHUP");
  await waitFor("the server to prove itself by the new authority", async () => {
    const command = [...programCommand("jamesd-ctl"), "version"];
    const { code } = await runProgram(command, { cwd: sandbox.dir, env: sandbox.ctlEnv("admin") });
    return code === 0 ? true : undefined;
  });
  await allConnected(sandbox, authorities.newIssuer);
  // What is wanted reaches them.
  const data = await sandbox.pack("app", { "opt/app": "1\n" });
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", data);
  const wish = sandbox.write("spec.yaml", "kind: spec\nid: all\nselector: [x]\napps:\n- name: app\n");
  await sandbox.ctlOk("apply", "-f", wish, "--yes");
  await waitFor(
    "every device to have the app",
    async () => DEVICES.every((device) => existsSync(`${sandbox.root(device)}/opt/app`)) || undefined,
  );
  assert.equal(await sandbox.ctlOk("events", "--kinds", "certificate-cloned"), "");
  for (const agent of agents) assert.ok(agent.isRunning, agent.stderr);
});
