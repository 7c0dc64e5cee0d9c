import { copyFileSync, mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Program, programCommand, requireTool, runProgram, type Sandbox, systemNode } from "@jamesd/testkit";
import { LAUNCHER } from "../../apps/jamesc/src/launcher.ts";
import { timed } from "../install/command.ts";

const BUILD_AGENT = resolve(import.meta.dirname, "../../scripts/build-agent.ts");
const SHIPPED = `Node ${process.versions.node}`;

/** How something is started that waits on a device. */
export interface Variant {
  readonly name: string;
  /** A Node that does nothing: to be given a program; an agent of ours: to be given its flags; or one of others. */
  readonly kind: "bare" | "agent" | "waiter" | "peer";
  /** The name of the variant that it is compared with. */
  readonly beside?: string;
  /** Gives the command of one that has its files in a folder of its own, so that it shares no page with another one. */
  readonly command: (device: string) => Promise<readonly string[]>;
  readonly env?: (device: string) => NodeJS.ProcessEnv;
}

/** Variants, and what this machine has not. */
export interface Variants {
  readonly all: readonly Variant[];
  readonly missing: readonly string[];
}

/** The agent in each of its forms, and the bare Node of each. The launcher starts it, as it does on a device. */
export async function agentVariants(sandbox: Sandbox): Promise<Variants> {
  const [, bundle = ""] = programCommand("jamesc");
  const launch = sandbox.write("launch", LAUNCHER);
  const launched = (device: string): readonly string[] => ["sh", launch, sandbox.path(device, "state")];
  // As short as a device's: of a path of 45 letters, Node's loader has V8 compile what takes it apart, with 2 MB of compiler.
  const own = (file: string, device: string): Promise<string> =>
    ownFile(file, sandbox.path(device.replace("device-", "")));
  const node20 = systemNode();
  const nodes = [
    ...(node20 === undefined ? [] : [{ name: "Node 20", node: node20 }]),
    { name: SHIPPED, node: process.execPath },
  ];
  const executable = await buildExecutable(sandbox.path("executable"));
  const tools = ["openssl", "curl"].filter((tool) => requireTool(tool) === false);
  const waiter = sandbox.write("jamesc-waiter", (await sandbox.run("jamesc", ["waiter"])).stdout);
  const byNode = nodes.flatMap(({ name, node }): readonly Variant[] => [
    { name: `bare ${name}`, kind: "bare", command: async (device) => [await own(node, device)] },
    {
      ...{ name: `jamesc on ${name}`, kind: "agent", beside: `bare ${name}` },
      command: async (device) => [...launched(device), await own(node, device), await own(bundle, device)],
    },
  ]);
  const waiters = tools.map(
    (tool): Variant => ({
      ...{ name: `jamesc waiter, ${tool}`, kind: "waiter", beside: `bare ${SHIPPED}` },
      command: async () => ["sh", waiter],
      env: (device) => ({ JAMESC_WAITER_WITH: tool, TMPDIR: sandbox.path(device) }),
    }),
  );
  return {
    all: [
      ...byNode,
      {
        ...{ name: "jamesc, executable", kind: "agent", beside: `bare ${SHIPPED}` },
        command: async (device) => [...launched(device), await own(executable, device)],
      },
      ...waiters,
    ],
    missing: [
      ...(node20 === undefined ? ["Node 20"] : []),
      ...["openssl", "curl"].filter((tool) => !tools.includes(tool)),
    ],
  };
}

/** Who does the same for other fleets, as Debian has them. */
export function peers(sandbox: Sandbox): Variants {
  const known: readonly (readonly [tool: string, flags: (folder: string) => readonly string[]])[] = [
    ["mender", (folder) => ["--data", folder, "daemon"]],
    [
      "puppet",
      (folder) => [
        ...["agent", "--no-daemonize", "--server", "localhost", "--waitforcert", "60"],
        ...[
          "--confdir",
          join(folder, "conf"),
          "--vardir",
          join(folder, "var"),
          "--rundir",
          join(folder, "run"),
        ],
      ],
    ],
    ["salt-minion", (folder) => ["-c", folder, "--log-file", join(folder, "log")]],
  ];
  const here = known.filter(([tool]) => requireTool(tool) === false);
  return {
    all: here.map(([tool, flags]) => ({
      ...{ name: [tool, ...(tool === "puppet" ? ["agent"] : [])].join(" "), kind: "peer" },
      command: async (device) => {
        const folder = sandbox.path(device, "peer");
        mkdirSync(folder, { recursive: true });
        return [tool, ...flags(folder)];
      },
    })),
    missing: known.filter((one) => !here.includes(one)).map(([tool]) => tool),
  };
}

/** Starts one. What Node compiled in an earlier run is not at hand, nor authorities of this machine: a device has none of it. */
export async function starter(
  variant: Variant,
  device: string,
): Promise<(...flags: readonly string[]) => Program> {
  const command = await variant.command(device);
  const env = { ...variant.env?.(device), NODE_COMPILE_CACHE: undefined, NODE_EXTRA_CA_CERTS: undefined };
  return (...flags) => new Program([...command, ...flags], { env });
}

async function buildExecutable(out: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram([process.execPath, BUILD_AGENT, "--out", out]);
  if (code !== 0) throw new Error(`build-agent: ${stderr}`);
  return stdout.trim();
}

/** A copy of a file, to be read from the disk: of what was only just written the system maps more at once. */
async function ownFile(file: string, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const copy = join(folder, basename(file));
  copyFileSync(file, copy);
  await timed("sync", copy);
  await timed("dd", `if=${copy}`, "iflag=nocache", "count=0", "status=none");
  return copy;
}
