import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, Program, programCommand } from "@jamesd/testkit";

/** A server with an empty data folder, which is gone when it is stopped. */
export class OwnServer {
  readonly port: number;
  readonly #command: readonly [string, ...string[]];
  readonly #data: string;
  #program: Program | undefined;

  private constructor(port: number, data: string, pki: string) {
    this.port = port;
    this.#data = data;
    const file = (name: string): string => join(pki, name);
    const files = ["--ca", file("ca.crt"), "--cert", file("jamesd.crt"), "--key", file("jamesd.key")];
    const where = ["--addr", `127.0.0.1:${port}`, "--data", data, "--log-level", "warn"];
    this.#command = [...programCommand("jamesd"), ...where, ...files];
  }

  /** Starts it with the certificates of a folder. */
  static async start(pki: string): Promise<OwnServer> {
    const server = new OwnServer(await freePort(), mkdtempSync(join(tmpdir(), "jamesd-fleet-")), pki);
    await server.#start();
    return server;
  }

  /** Ends it without a word, and starts it again. */
  async restart(): Promise<void> {
    await this.#program?.stop("SIGKILL");
    await this.#start();
  }

  /** It is there and does not answer for so long. */
  async outage(seconds: number): Promise<void> {
    const pid = this.#program?.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    await sleep(seconds * 1000);
    process.kill(pid, "SIGCONT");
  }

  async stop(): Promise<void> {
    await this.#program?.stop("SIGKILL");
    rmSync(this.#data, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    this.#program = new Program(this.#command);
    await this.#program.says("ready");
  }
}
