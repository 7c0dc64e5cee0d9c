import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DeviceState, InstalledApp } from "@jamesd/model";
import { freePort, type Program, type Sandbox } from "@jamesd/testkit";
import { databaseFile } from "../../apps/jamesd/src/data/stores.ts";
import { openSqliteRepository } from "../../apps/jamesd/src/sqlite/open.ts";
import { openSandbox } from "../kept-devices.ts";
import { connectOperator } from "../operator.ts";
import { packetOf, recordOf, VERSIONS } from "../stored.ts";

const AT_ONCE = 20_000;
const APPS = 6;
/** One device in so many has versions that are not wanted. */
const BEHIND = 10;
const DAY_MS = 86_400_000;
const ORIGIN = { author: "bench", address: "127.0.0.1", time: 1 };
/** Of these three kinds every device has one tag. */
const KINDS = [
  ["arch", 4],
  ["libc", 5],
  ["site", 91],
] as const;

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
    await fill(databaseFile(sandbox.path("data")), devices);
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

async function fill(file: string, devices: number): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const repository = await openSqliteRepository(file);
  const now = Date.now();
  for (let i = 0; i < APPS * VERSIONS; i += 1) await repository.packets.add(packetOf(i), ORIGIN);
  for (let from = 0; from < devices; from += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, devices - from) }, (_, i) => from + i);
    await repository.devices.save(
      numbers.map((i) => ({ ...recordOf(`gateway-${i}`, stateOf(i)), lastSeen: now - (i % 7) * DAY_MS })),
      [],
    );
  }
  await repository.close();
}

function stateOf(i: number): DeviceState {
  const systemtags = KINDS.map(([kind, count]) => `${kind}-${i % count}`);
  return { systemtags, apps: appsOf(i % BEHIND === 0 ? i % VERSIONS : 0) };
}

function appsOf(version: number): readonly InstalledApp[] {
  return Array.from({ length: APPS }, (_, app) => {
    const { name, tags, digest } = packetOf(app * VERSIONS + version);
    return { name, tags, digest };
  });
}
