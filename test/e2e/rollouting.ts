import { existsSync, readFileSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { writeArchive } from "@jamesd/archive";
import { type Entry, type JamesError, sha256 } from "@jamesd/model";
import type { Rollout, RolloutPlan } from "@jamesd/protocol";
import { Client, WIRE } from "@jamesd/protocol/operator";
import { type Program, Sandbox, waitFor } from "@jamesd/testkit";

/** So many devices, of which the first are canaries. */
export const DEVICES = Array.from({ length: 12 }, (_, i) => `d${String(i + 1).padStart(2, "0")}`);
export const CANARIES = DEVICES.slice(0, 2);
export const OTHERS = DEVICES.slice(2);
const LONGEST_MS = 120_000;

/** What scripts do on devices, as a test wants it: they fail, or wait; each says when it begins and has ended. */
const PREINST = `#!/bin/sh
cd "$JAMES_ROOT/.."
echo + >> ../flight
test ! -e bad || exit 1
while test -e ../hold; do sleep 0.05; done
`;
const POSTINST = `#!/bin/sh
cd "$JAMES_ROOT/.."
echo - >> ../flight
`;

/** Devices with real agents at a real server, and an operator who spreads changes among them in waves. */
export class RolloutScene implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly client: Client;
  readonly #agents = new Map<string, Program>();

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
    const pem = (file: string): Buffer => readFileSync(sandbox.path("pki", file));
    const credentials = { ca: pem("ca.crt"), cert: pem("admin.crt"), key: pem("admin.key") };
    const address = { host: "127.0.0.1", port: sandbox.port };
    this.client = new Client({ wire: WIRE, address, serverName: "jamesd", ...credentials });
  }

  /** All devices have the first version of these apps. @param more devices that are started later */
  static async open(apps: readonly string[], more: readonly string[] = []): Promise<RolloutScene> {
    const sandbox = await Sandbox.create([...DEVICES, ...more]);
    await sandbox.startServer();
    const scene = new RolloutScene(sandbox);
    for (const app of apps) await scene.addVersion(app, "v1");
    await scene.client.call("apply", { body: { documents: apps.map((app) => spec(app, "v1")) } });
    for (const id of DEVICES) scene.start(id);
    for (const app of apps) await scene.untilAll(app, "v1");
    return scene;
  }

  /** Starts a device's agent. */
  start(id: string): void {
    const tags = CANARIES.includes(id) ? ["fleet", "canary"] : ["fleet"];
    this.#agents.set(id, this.sandbox.startAgent(id, tags));
  }

  /** Ends a device's agent without a word. */
  async kill(id: string): Promise<void> {
    await this.#agents.get(id)?.stop("SIGKILL");
  }

  async connected(): Promise<number> {
    const devices = await this.client.call("listDevices", { query: { connected: "true" } });
    return devices.length;
  }

  /** Makes a packet of an app: one file that says which, and the scripts. @param plan has a packet that fits better come in waves */
  async addVersion(
    app: string,
    version: string,
    tags: readonly string[] = [version],
    plan?: RolloutPlan,
  ): Promise<void> {
    const archive = await archiveOf(app, version);
    const upload = sha256(archive);
    const query = { offset: "0" };
    await this.client.upload("putUpload", Readable.from([archive]), { params: { digest: upload }, query });
    const scripts = { preinst: base64(PREINST), postinst: base64(POSTINST) };
    const rollout = plan && { plan: { bakeMs: 0, ...plan } };
    await this.client.call("addPacket", { body: { name: app, tags: [...tags], upload, scripts, rollout } });
  }

  /** Spreads a version of an app in waves. @returns the revision, which is the rollout's */
  async spread(app: string, version: string, plan: RolloutPlan, more: object = {}): Promise<number> {
    const documents = [spec(app, version)];
    const body = { documents, rollout: { plan: { bakeMs: 0, ...plan }, ...more } };
    const { revision } = await this.client.call("apply", { body });
    return revision ?? 0;
  }

  rollout(revision: number): Promise<Rollout> {
    return this.client.call("getRollout", { params: { revision: `${revision}` } });
  }

  /** Waits until a rollout is as somebody says. */
  async untilRollout(revision: number, what: string, is: (rollout: Rollout) => boolean): Promise<Rollout> {
    let last: Rollout | undefined;
    const look = async (): Promise<Rollout | undefined> => {
      last = await this.rollout(revision);
      return is(last) ? last : undefined;
    };
    return waitFor(`rollout ${revision}: ${what}`, look, LONGEST_MS).catch((thrown: Error) => {
      throw new Error(`${thrown.message}; it is ${JSON.stringify(last)}`);
    });
  }

  untilStatus(revision: number, status: string): Promise<Rollout> {
    return this.untilRollout(revision, status, (rollout) => rollout.status === status);
  }

  async until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
    await waitFor(what, async () => (await is()) || undefined, LONGEST_MS);
  }

  /** Waits until all devices have a version of an app. */
  untilAll(app: string, version: string): Promise<void> {
    return this.until(
      `all have ${app} ${version}`,
      () => this.having(app, version).length === DEVICES.length,
    );
  }

  /** The ids of the devices that a rollout admitted. */
  async admitted(revision: number): Promise<readonly string[]> {
    const params = { revision: `${revision}` };
    const devices = await this.client.call("listRolloutDevices", { params, query: {} });
    return devices.map(({ id }) => id);
  }

  /** Which version of an app is on a device; undefined: none. */
  version(id: string, app: string): string | undefined {
    const path = `${this.sandbox.root(id)}/opt/${app}/version`;
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }

  /** The devices that have a version of an app; undefined: that do not have it. */
  having(app: string, version: string | undefined, ids = DEVICES): readonly string[] {
    return ids.filter((id) => this.version(id, app) === version);
  }

  /** Scripts of this device fail from now on, or do no more. */
  fail(id: string, isBad: boolean): void {
    if (isBad) this.sandbox.write(`${id}/bad`, "");
    else rmSync(this.sandbox.path(id, "bad"));
  }

  /** Scripts wait from now on, or do no more. */
  hold(isHeld: boolean): void {
    if (isHeld) this.sandbox.write("hold", "");
    else rmSync(this.sandbox.path("hold"));
  }

  /** When scripts began (1) and had ended (-1), in their order. */
  flights(): readonly number[] {
    const path = this.sandbox.path("flight");
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    return [...text.matchAll(/[+-]/g)].map(([sign]) => (sign === "+" ? 1 : -1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.sandbox[Symbol.asyncDispose]();
  }
}

/** A spec for all devices with one app. */
export function spec(app: string, version: string) {
  const apps = [{ name: app, tags: [version] }];
  return { kind: "spec" as const, id: app, selector: ["fleet"], apps, policy: {} };
}

/** For `assert.rejects`. */
export function refusedBy(code: JamesError["code"]): { readonly code: string } {
  return { code };
}

function archiveOf(app: string, version: string): Promise<Buffer> {
  const content = Buffer.from(version);
  const [owner, rights] = [{ uid: 0, gid: 0 }, { mode: 0o644 }];
  const file = { path: `opt/${app}/version`, size: content.length, digest: sha256(content) };
  const entry: Entry = { type: "file", ...file, ...owner, ...rights };
  return buffer(writeArchive([entry], () => Readable.from([content])));
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
