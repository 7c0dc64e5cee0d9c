import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { freePort } from "./port.ts";
import { Program, type ProgramResult, runProgram } from "./program.ts";
import { programCommand } from "./programs.ts";
import { givePki } from "./sandbox-pki.ts";

/** A file of a tree to make: its text, or a link, or a directory. */
export type TreeSpec = Readonly<
  Record<string, string | { text: string; mode?: number } | { dir: true; mode?: number } | { link: string }>
>;

/** What tests look at of what the server tells of a device. */
interface DeviceTold {
  readonly id: string;
  readonly sync: string;
  readonly connected: boolean;
  readonly revision: number;
}

/**
 * A folder with a PKI, a server and any number of devices in sandbox roots, all of them the real programs over real
 * TLS. `close` stops what was started and removes the folder.
 */
export class Sandbox implements AsyncDisposable {
  readonly dir: string;
  readonly port: number;
  readonly #programs: Program[] = [];
  #server: Program | undefined;

  private constructor(dir: string, port: number) {
    this.dir = dir;
    this.port = port;
  }

  /** Makes the folder and a PKI with a server `jamesd`, an operator `admin`, a viewer `watcher` and these devices. */
  static async create(devices: readonly string[] = []): Promise<Sandbox> {
    const sandbox = new Sandbox(mkdtempSync(join(tmpdir(), "jamesd-test-")), await freePort());
    await givePki(sandbox.dir, devices);
    return sandbox;
  }

  /** A path in the sandbox's folder. */
  path(...parts: readonly string[]): string {
    return join(this.dir, ...parts);
  }

  /** The flags that name a certificate and its key. */
  credentials(name: string): readonly string[] {
    return [
      "--ca",
      this.path("pki/ca.crt"),
      "--cert",
      this.path(`pki/${name}.crt`),
      "--key",
      this.path(`pki/${name}.key`),
    ];
  }

  async pkitool(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await runProgram([...programCommand("pkitool"), ...args], { cwd: this.dir });
    if (code !== 0) throw new Error(`pkitool ${args.join(" ")}: ${stderr}`);
  }

  /** Starts jamesd and waits until it is ready. */
  async startServer(...args: readonly string[]): Promise<Program> {
    const flags = [
      "--addr",
      `127.0.0.1:${this.port}`,
      "--data",
      this.path("data"),
      ...this.credentials("jamesd"),
    ];
    this.#server = this.start("jamesd", [...flags, ...args]);
    await this.#server.says("ready");
    return this.#server;
  }

  async stopServer(signal: NodeJS.Signals = "SIGTERM"): Promise<ProgramResult | undefined> {
    return this.#server?.stop(signal);
  }

  /** The folder that is a device's root directory. */
  root(device: string): string {
    return this.path(device, "root");
  }

  /** The flags of an agent in its own root and state directory. */
  agentFlags(device: string, tags: readonly string[]): readonly string[] {
    mkdirSync(this.root(device), { recursive: true });
    const folders = ["--install-root", this.root(device), "--state-dir", this.path(device, "state")];
    const server = ["--addr", `127.0.0.1:${this.port}`, ...this.credentials(device)];
    return [
      ...server,
      ...folders,
      "--no-detect-tags",
      ...(tags.length > 0 ? ["--system-tags", tags.join(",")] : []),
    ];
  }

  /** Starts jamesc; does not wait. */
  startAgent(device: string, tags: readonly string[] = [], ...args: readonly string[]): Program {
    return this.start("jamesc", [...this.agentFlags(device, tags), ...args]);
  }

  /** One check-in and what follows from it. */
  runAgentOnce(
    device: string,
    tags: readonly string[] = [],
    ...args: readonly string[]
  ): Promise<ProgramResult> {
    return this.run("jamesc", [...this.agentFlags(device, tags), "--once", ...args]);
  }

  /** Runs jamesd-ctl as the operator `admin`, with the credentials in the environment, as a person would have them. */
  ctl(...args: readonly string[]): Promise<ProgramResult> {
    return this.ctlAs("admin", ...args);
  }

  ctlAs(name: string, ...args: readonly string[]): Promise<ProgramResult> {
    const command = [...programCommand("jamesd-ctl"), ...args];
    return runProgram(command, { cwd: this.dir, env: this.ctlEnv(name) });
  }

  /** Starts jamesd-ctl as `admin`; does not wait. */
  startCtl(...args: readonly string[]): Program {
    return this.start("jamesd-ctl", args, this.ctlEnv("admin"));
  }

  /** The variables by which jamesd-ctl finds the server and proves who it is. */
  ctlEnv(name: string): NodeJS.ProcessEnv {
    return {
      JAMESD_SERVER: `127.0.0.1:${this.port}`,
      JAMESD_CA: this.path("pki/ca.crt"),
      JAMESD_CERT: this.path(`pki/${name}.crt`),
      JAMESD_KEY: this.path(`pki/${name}.key`),
    };
  }

  /** `ctl` that must succeed; gives its standard output. */
  async ctlOk(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.ctl(...args);
    if (code !== 0) throw new Error(`jamesd-ctl ${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** What the server answers `watcher` to a GET: for what is looked at again and again, since each jamesd-ctl costs its start. @throws Error unless it is 200 */
  async get(path: string): Promise<string> {
    const [ca, cert, key] = ["ca.crt", "watcher.crt", "watcher.key"].map((file) =>
      readFileSync(this.path("pki", file)),
    );
    const server = { host: "127.0.0.1", port: this.port, servername: "jamesd", agent: false };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ ...server, path, ca, cert, key }, resolve).on("error", reject);
    });
    const body = await text(answer);
    if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode} ${body}`);
    return body;
  }

  /** What the server tells of a device, as `get-device --output json` prints it; undefined as long as it knows none of that name. */
  async device(id: string): Promise<DeviceTold | undefined> {
    const listed: readonly DeviceTold[] = JSON.parse(await this.get("/v1/devices"));
    return listed.some((device) => device.id === id)
      ? JSON.parse(await this.get(`/v1/devices/${id}`))
      : undefined;
  }

  start(
    name: Parameters<typeof programCommand>[0],
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Program {
    const program = new Program([...programCommand(name), ...args], { cwd: this.dir, env });
    this.#programs.push(program);
    return program;
  }

  run(name: Parameters<typeof programCommand>[0], args: readonly string[]): Promise<ProgramResult> {
    return runProgram([...programCommand(name), ...args], { cwd: this.dir });
  }

  /** Writes a text file below the folder and gives its path. */
  write(name: string, text: string): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Makes a tree of files and packs it, as the seed does: `tar cfJ NAME.tar.xz -C NAME/ .`; gives the archive's path. */
  async pack(name: string, tree: TreeSpec, compress = "--xz"): Promise<string> {
    const folder = this.path(`${name}-root`);
    mkdirSync(folder, { recursive: true });
    for (const [path, spec] of Object.entries(tree)) {
      const full = join(folder, path);
      mkdirSync(dirname(full), { recursive: true });
      if (typeof spec === "string") writeFileSync(full, spec);
      else if ("link" in spec) symlinkSync(spec.link, full);
      else {
        if ("dir" in spec) mkdirSync(full, { recursive: true });
        else writeFileSync(full, spec.text);
        if (spec.mode !== undefined) chmodSync(full, spec.mode);
      }
    }
    const archive = this.path(`${name}.tar`);
    const { code, stderr } = await runProgram([
      "tar",
      ...(compress === "" ? [] : [compress]),
      "-cf",
      archive,
      "-C",
      folder,
      ".",
    ]);
    if (code !== 0) throw new Error(`tar: ${stderr}`);
    return archive;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop("SIGKILL")));
    rmSync(this.dir, { recursive: true, force: true });
  }
}
