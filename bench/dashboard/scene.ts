import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DeviceState, InstalledApp } from "@jamesd/model";
import { freePort, type Program, type Sandbox } from "@jamesd/testkit";
import { databaseFile } from "../../apps/jamesd/src/data/stores.ts";
import { openSqliteRepository } from "../../apps/jamesd/src/sqlite/open.ts";
import { openSandbox } from "../kept-devices.ts";
import { connectOperator } from "../operator.ts";
import { fill, packetOf, recordOf, systemtagsOf, VERSIONS } from "../stored.ts";

const APPS = 6;
/** One device in so many has versions that are not wanted. */
const BEHIND = 10;
const DAY_MS = 86_400_000;

/** A real server that knows so many devices, most of which have what they should, and a dashboard before it. */
export class Scene implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly server: Program;
  readonly dashboard: Program;
  /** Where a browser gets in, once. */
  readonly address: string;

  private constructor(sandbox: Sandbox, server: Program, dashboard: Program) {
    this.sandbox = sandbox;
    this.server = server;
    this.dashboard = dashboard;
    this.address = dashboard.stdout.trim();
  }

  static async open(devices: number): Promise<Scene> {
    const sandbox = await openSandbox();
    await store(databaseFile(sandbox.path("data")), devices);
    const server = await sandbox.startServer("--log-level", "warn");
    const client = connectOperator(sandbox);
    const apps = appsOf(0).map(({ name, tags }) => ({ name, tags: [...tags] }));
    const spec = { kind: "spec" as const, id: "all", selector: [], apps, policy: {} };
    await client.call("apply", { body: { documents: [spec] } });
    client.close();
    const port = String(await freePort());
    const dashboard = sandbox.startCtl("dashboard", "--no-open", "--port", port);
    await dashboard.says("#token=");
    return new Scene(sandbox, server, dashboard);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}

async function store(file: string, devices: number): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const repository = await openSqliteRepository(file);
  const now = Date.now();
  await fill(repository, APPS, devices, (i) => ({
    ...recordOf(`gateway-${i}`, stateOf(i)),
    lastSeen: now - (i % 7) * DAY_MS,
  }));
  await repository.close();
}

function stateOf(i: number): DeviceState {
  return { systemtags: systemtagsOf(i), apps: appsOf(i % BEHIND === 0 ? i % VERSIONS : 0) };
}

function appsOf(version: number): readonly InstalledApp[] {
  return Array.from({ length: APPS }, (_, app) => {
    const { name, tags, digest } = packetOf(app * VERSIONS + version);
    return { name, tags, digest };
  });
}
