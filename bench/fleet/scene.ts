import { cpSync, readFileSync } from "node:fs";
import { openAuthority } from "@jamesd/pki";
import { type Endpoint, HEALTHY, identitiesOf, Operator, SimulatedFleet } from "@jamesd/simulation";
import { cached, keep, type Program, Sandbox } from "@jamesd/testkit";

const ARRIVALS_A_SECOND = 400;
/** A server closes a connection that is idle for 75 seconds. */
const INTERVAL_MS = 60_000;
const PACKET_BYTES = 20_000;

/** A server with a fleet's certificates, and two versions of a small packet. */
export class Scene implements AsyncDisposable {
  readonly operator: Operator;
  readonly #sandbox: Sandbox;
  readonly #endpoint: Endpoint;
  readonly #identities: Awaited<ReturnType<typeof identitiesOf>>;
  server: Program;

  private constructor(
    sandbox: Sandbox,
    server: Program,
    identities: Awaited<ReturnType<typeof identitiesOf>>,
  ) {
    const read = (name: string): string => readFileSync(sandbox.path("pki", name), "utf8");
    this.#sandbox = sandbox;
    this.#identities = identities;
    this.#endpoint = { host: "127.0.0.1", port: sandbox.port, serverName: "jamesd", ca: read("ca.crt") };
    this.operator = new Operator(this.#endpoint, { cert: read("admin.crt"), key: read("admin.key") });
    this.server = server;
  }

  static async open(devices: number): Promise<Scene> {
    const sandbox = await Sandbox.create();
    // Thousands of certificates take longer to make than all that is measured: they and their authority are kept.
    const pki = await keep(cached("fleet", "pki"), async (part) =>
      cpSync(sandbox.path("pki"), part, { recursive: true }),
    );
    cpSync(pki, sandbox.path("pki"), { recursive: true });
    const read = (name: string): string => readFileSync(sandbox.path("pki", name), "utf8");
    const authority = await openAuthority({ cert: read("ca.crt"), key: read("ca.key") });
    const ids = Array.from({ length: devices }, (_, i) => `device-${i}`);
    const identities = await identitiesOf({
      authority,
      ids,
      cache: cached("fleet", "devices.json"),
      now: Date.now(),
    });
    const scene = new Scene(sandbox, await sandbox.startServer("--log-level", "warn"), identities);
    for (const version of [1, 2]) await scene.operator.addVersion(version, PACKET_BYTES);
    return scene;
  }

  /** A healthy fleet that asks from time to time, so that its connections are kept. */
  fleet(): SimulatedFleet {
    return new SimulatedFleet({
      ...{ seed: "bench", endpoint: this.#endpoint, identities: this.#identities, mix: HEALTHY },
      ...{ holdSeconds: 0, intervalMs: INTERVAL_MS, pace: 1, systemtags: ["simulated"] },
      arrivalsASecond: ARRIVALS_A_SECOND,
    });
  }

  /** Ends the server without a word and starts it again. */
  async restart(): Promise<void> {
    await this.#sandbox.stopServer("SIGKILL");
    this.server = await this.#sandbox.startServer("--log-level", "warn");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.operator.close();
    await this.#sandbox[Symbol.asyncDispose]();
  }
}
