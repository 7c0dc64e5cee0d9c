import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePort, makeCrl, Program, type Sandbox } from "@jamesd/testkit";
import { canPin, pin } from "../process-usage.ts";
import type { DeviceCredentials, Job, LoadResult } from "./job.ts";
import { hasNginx, startNginx } from "./nginx.ts";

/** A server under load. */
export interface Server {
  readonly name: string;
  readonly port: number;
  readonly program: Program;
}

const [SERVER_CORE, LOAD_CORE] = [0, 1];
/** So many digits have few of the serial numbers that are made by chance. */
const FIRST_SERIAL = 2 ** 40;
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

// No device asks as often as these: by itself it would be told to ask less.
const BOUNDS = ["--max-requests", "1000000", "--max-held", "100000", "--log-level", "warn"];

/** Starts jamesd on the servers' core. */
export async function startJamesd(sandbox: Sandbox): Promise<Server> {
  const program = await sandbox.startServer(...BOUNDS);
  return pinned({ name: "jamesd", port: sandbox.port, program });
}

/** Starts jamesd beside another one, with so many certificates on the list of its authority that are none of those in use. */
export async function startRevoking(sandbox: Sandbox, revoked: number): Promise<Server> {
  const serials = Array.from({ length: revoked }, (_, at) => (FIRST_SERIAL + at).toString(16));
  const crl = makeCrl(sandbox.path("pki/ca.crt"), sandbox.path("pki/ca.key"), serials, 9);
  const name = `jamesd, ${revoked.toLocaleString("en")} certificates revoked`;
  return startBeside(sandbox, name, "--crl", sandbox.write("revoked.crl", crl));
}

/** Starts jamesd beside another one, with data of its own. */
export async function startBeside(
  sandbox: Sandbox,
  name: string,
  ...more: readonly string[]
): Promise<Server> {
  const port = await freePort();
  const flags = ["--addr", `127.0.0.1:${port}`, "--data", sandbox.path("data-beside"), ...more, ...BOUNDS];
  const program = sandbox.start("jamesd", [...flags, ...sandbox.credentials("jamesd")]);
  await program.says("ready");
  return pinned({ name, port, program });
}

/** Starts the bare https server on the servers' core. */
export async function startPeer(sandbox: Sandbox, hold: boolean): Promise<Server> {
  const port = await freePort();
  const files = ["ca.crt", "jamesd.crt", "jamesd.key"].map((name) => sandbox.path("pki", name));
  const mode = hold ? ["hold"] : [];
  const program = new Program([process.execPath, script("peer.ts"), String(port), ...files, ...mode]);
  await program.says("ready");
  return pinned({ name: "bare node:https, 204", port, program });
}

/** Starts nginx on the servers' core; undefined: it is not here. */
export async function startOther(sandbox: Sandbox): Promise<Server | undefined> {
  return hasNginx() ? pinned({ name: "nginx, 204", ...(await startNginx(sandbox)) }) : undefined;
}

function pinned(server: Server): Server {
  if (canPin()) pin(server.program.pid, SERVER_CORE);
  return server;
}

/** Starts the load generator, on the other core. */
export function startLoad(
  { port, program }: Server,
  sandbox: Sandbox,
  devices: readonly DeviceCredentials[],
  work: Pick<Job, "warmUp" | "measured" | "hold">,
): Program {
  const ca = readFileSync(sandbox.path("pki/ca.crt"), "utf8");
  const job: Job = { port, ca, devices, serverPid: program.pid, ...work };
  const command = [process.execPath, script("load.ts")];
  const prefix = canPin() ? ["taskset", "-c", String(LOAD_CORE)] : [];
  return new Program([...prefix, ...command], { input: JSON.stringify(job) });
}

/** What the load generator found. */
export async function resultOf(load: Program): Promise<LoadResult> {
  const { code, stdout, stderr } = await load.ended;
  if (code !== 0) throw new Error(`the load generator failed: ${stderr}`);
  return JSON.parse(stdout) as LoadResult;
}
