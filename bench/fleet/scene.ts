import { mkdtempSync, rmSync } from "node:fs";
import { HEALTHY, type Operator, SimulatedFleet } from "@jamesd/simulation";
import type { Program, Sandbox } from "@jamesd/testkit";
import { type Identities, identitiesIn, openSandbox } from "../kept-devices.ts";
import { endpointOf, fleetOperator } from "../operator.ts";

const ARRIVALS_A_SECOND = 400;
/** As the unit has it, its keys are in memory: devices take up their sessions with a server that was killed. */
const TICKETS = mkdtempSync("/dev/shm/jamesd-bench-");
const FLAGS = ["--log-level", "warn", "--ticket-keys", `${TICKETS}/ticket-keys`] as const;
process.on("exit", () => rmSync(TICKETS, { recursive: true, force: true }));

/** A server closes a connection that is idle for 75 seconds. */
const INTERVAL_MS = 60_000;
const PACKET_BYTES = 20_000;

/** A server with a fleet's certificates, and two versions of a small packet. */
export class Scene implements AsyncDisposable {
  readonly operator: Operator;
  readonly #sandbox: Sandbox;
  readonly #identities: Identities;
  server: Program;

  private constructor(sandbox: Sandbox, server: Program, identities: Identities) {
    this.#sandbox = sandbox;
    this.#identities = identities;
    this.operator = fleetOperator(sandbox);
    this.server = server;
  }

  static async open(devices: number): Promise<Scene> {
    const sandbox = await openSandbox();
    const identities = await identitiesIn(sandbox, devices);
    const scene = new Scene(sandbox, await sandbox.startServer(...FLAGS), identities);
    for (const version of [1, 2]) await scene.operator.addVersion(version, PACKET_BYTES);
    return scene;
  }

  /** A healthy fleet that asks from time to time, so that its connections are kept. */
  fleet(): SimulatedFleet {
    return new SimulatedFleet({
      ...{ seed: "bench", endpoint: endpointOf(this.#sandbox), identities: this.#identities, mix: HEALTHY },
      ...{ holdSeconds: 0, intervalMs: INTERVAL_MS, pace: 1, systemtags: ["simulated"] },
      arrivalsASecond: ARRIVALS_A_SECOND,
    });
  }

  /** Ends the server without a word and starts it again. */
  async restart(): Promise<void> {
    await this.#sandbox.stopServer("SIGKILL");
    this.server = await this.#sandbox.startServer(...FLAGS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.operator.close();
    await this.#sandbox[Symbol.asyncDispose]();
  }
}
