import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Endpoint } from "@jamesd/simulation";
import { Program, programCommand, runProgram } from "@jamesd/testkit";

const MAIN = fileURLToPath(new URL("../../examples/demo/main.ts", import.meta.url));
/** The demo empties it when it starts, and ends what an earlier one left running there. */
const FOLDER = fileURLToPath(new URL("../../.demo/screenshots", import.meta.url));
/** It installs real programs on three devices. */
const PATIENCE_MS = 300_000;

/** The demo of `npm start`, in a folder of its own; what is typed at it is typed as its operator. */
export class Demo implements AsyncDisposable {
  readonly folder = FOLDER;
  readonly endpoint: Endpoint;
  readonly #program: Program;
  readonly #dashboards: Program[] = [];

  private constructor(program: Program) {
    this.#program = program;
    const [, port = ""] = /JAMESD_SERVER=127\.0\.0\.1:(\d+)/.exec(this.read("env.sh")) ?? [];
    this.endpoint = {
      host: "127.0.0.1",
      port: Number(port),
      serverName: "jamesd",
      ca: this.read("pki/ca.crt"),
    };
  }

  /** Starts it, and waits until it has shown all that it shows. */
  static async start(): Promise<Demo> {
    const program = new Program([process.execPath, MAIN, "--dir", FOLDER], { env: process.env });
    try {
      await program.says("keeps running", PATIENCE_MS);
      return new Demo(program);
    } catch (thrown) {
      await program.stop("SIGINT");
      throw thrown;
    }
  }

  /** A file of its folder. */
  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  /** Starts a dashboard in which the operator may write. @returns its address, good once */
  async dashboard(): Promise<string> {
    const command = [...programCommand("jamesd-ctl"), "dashboard", "--no-open", "--write"];
    const dashboard = new Program(command, this.#options());
    this.#dashboards.push(dashboard);
    await dashboard.says("#token=");
    return dashboard.stdout.trim();
  }

  /** Runs a command of jamesd-ctl. @returns what it wrote @throws Error when it fails */
  async type(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runProgram(
      [...programCommand("jamesd-ctl"), ...args],
      this.#options(),
    );
    if (code !== 0) throw new Error(`jamesd-ctl ${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const dashboard of this.#dashboards) await dashboard.stop("SIGINT");
    await this.#program.stop("SIGINT");
  }

  #options() {
    return {
      cwd: this.folder,
      env: {
        JAMESD_SERVER: `${this.endpoint.host}:${this.endpoint.port}`,
        JAMESD_CA: "pki/ca.crt",
        JAMESD_CERT: "pki/admin.crt",
        JAMESD_KEY: "pki/admin.key",
      },
    };
  }
}
