import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type CommandLine, type Service, systemdUnit } from "@jamesd/service";
import * as agent from "../../apps/jamesc/src/config.ts";
import { SERVICE as AGENT } from "../../apps/jamesc/src/service.ts";
import * as server from "../../apps/jamesd/src/config.ts";
import { SERVICE as SERVER } from "../../apps/jamesd/src/service.ts";
import { BUNDLES, bundleForExecutable } from "../bundle.ts";
import { makeExecutable } from "../executable/executable.ts";
import { nodeBinary } from "../executable/node-binary.ts";
import { noticeIn } from "../notices.ts";
import { readmeFor } from "../readme.ts";
import { sourceSeconds } from "../source-seconds.ts";
import { debianCopyright } from "./copyright.ts";
import { maintainerScripts } from "./maintainer-scripts.ts";
import type { Content, DebianPackage } from "./package.ts";
import { programFiles } from "./program-files.ts";
import { settingsFile } from "./settings-file.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const workspace = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
  version: string;
  author: string;
};

/** How Debian calls an architecture of Node, and what Node needs there. */
const ARCHITECTURES: Readonly<Record<string, { readonly name: string; readonly library?: string }>> = {
  x64: { name: "amd64" },
  arm64: { name: "arm64" },
  armv7l: { name: "armhf", library: "libatomic1" },
  ppc64le: { name: "ppc64el" },
  s390x: { name: "s390x" },
};
const SERVER_ARCHITECTURES = ["x64", "arm64"];
const SERVER_COMMANDS = ["jamesd", "jamesd-ctl", "pkitool"];

/** Where a package has what is not for the PATH. */
const SERVER_FOLDER = "usr/lib/jamesd";

/** What is the same in both packages. */
interface Part {
  readonly service: Service;
  readonly settings: string;
  readonly description: string;
  readonly details: string;
  readonly files: Readonly<Record<string, Content>>;
  readonly programs: readonly string[];
  /** The file that has a Node in it. */
  readonly node: string;
  /** What of others is in the programs. */
  readonly notices: readonly string[];
}

/** The Debian packages for an architecture: the agent's, and the server's where there is a server. `bundles` is the folder with them. @throws Error */
export async function debianPackages(arch: string, bundles: string): Promise<readonly DebianPackage[]> {
  const node = await nodeBinary(arch);
  const agentPackage = packageOf(arch, await agentPart(node, bundles));
  return SERVER_ARCHITECTURES.includes(arch)
    ? [packageOf(arch, serverPart(node, bundles)), agentPackage]
    : [agentPackage];
}

function packageOf(arch: string, part: Part): DebianPackage {
  const { service, settings, description, details, files, programs, node, notices } = part;
  const { name } = service;
  const { name: architecture, library } = ARCHITECTURES[arch] ?? { name: arch };
  const { launcher } = service;
  const launcherFile = `usr/lib/${name}/launch`;
  const program = `/usr/bin/${name}`;
  const command: CommandLine = launcher ? [`/${launcherFile}`, ...launcher.args, program] : [program];
  const settingsPath = `etc/${name}/${name}.yaml`;
  const libraries = ["libc6 (>= 2.28)", "libgcc-s1", "libstdc++6 (>= 9)", ...(library ? [library] : [])];
  return {
    ...{ name, architecture, description, details },
    programs: launcher ? [...programs, launcherFile] : programs,
    version: workspace.version,
    maintainer: workspace.author,
    depends: [...libraries, ...(service.user === "root" ? [] : ["adduser"])].join(", "),
    files: {
      ...files,
      ...(launcher && { [launcherFile]: launcher.text }),
      [settingsPath]: settings,
      [`usr/lib/systemd/system/${name}.service`]: systemdUnit(service, command),
      [`usr/share/doc/${name}/node.txt`]: readText(`node_modules/node-linux-${process.arch}/LICENSE`),
      [`usr/share/doc/${name}/README.md`]: readmeFor(() => false),
    },
    folders: [`etc/${name}/pki`],
    conffiles: [settingsPath],
    scripts: maintainerScripts(service),
    overrides: overrides(name, node),
    copyright: debianCopyright(readText("LICENSE"), notices),
    time: sourceSeconds(),
  };
}

function serverPart(node: string, bundles: string): Part {
  const command = (name: string): readonly [string, Content][] => [
    [`${SERVER_FOLDER}/${BUNDLES[name]?.file}`, withoutShebang(join(bundles, BUNDLES[name]?.file ?? ""))],
    [
      `usr/bin/${name}`,
      `#!/bin/sh\nexec /${SERVER_FOLDER}/node --disable-sigusr1 /${SERVER_FOLDER}/${BUNDLES[name]?.file} "$@"\n`,
    ],
  ];
  return {
    service: SERVER,
    settings: settingsFile(SERVER.name, server.OPTIONS),
    description: "server of a fleet of devices, with its command line",
    details: `A universal package manager for heterogeneous fleets of machines, with
version control on the server: the server, its command line jamesd-ctl, and
pkitool, which makes the keys and certificates.`,
    files: Object.fromEntries([
      [`${SERVER_FOLDER}/node`, { from: node }],
      ...SERVER_COMMANDS.flatMap(command),
      ...Object.entries(programFiles(SERVER_COMMANDS, join(bundles, "texts"))),
    ]),
    programs: [`${SERVER_FOLDER}/node`, ...SERVER_COMMANDS.map((name) => `usr/bin/${name}`)],
    node: `${SERVER_FOLDER}/node`,
    notices: SERVER_COMMANDS.map((name) =>
      noticeIn(readFileSync(join(bundles, BUNDLES[name]?.file ?? ""), "utf8")),
    ),
  };
}

/** It is started by its Node here, and by nothing else. */
function withoutShebang(path: string): string {
  return readFileSync(path, "utf8").replace(/^#!.*\n/, "");
}

async function agentPart(node: string, bundles: string): Promise<Part> {
  const script = { name: "jamesc.cjs", text: await bundleForExecutable("jamesc") };
  return {
    service: AGENT,
    settings: settingsFile(AGENT.name, agent.OPTIONS),
    description: "agent on a device of a fleet",
    details: `Reports to a jamesd server what the device has and installs what it should
have, each change whole or not at all.`,
    files: {
      "usr/bin/jamesc": makeExecutable(readFileSync(node), script),
      ...programFiles(["jamesc"], join(bundles, "texts")),
    },
    programs: ["usr/bin/jamesc"],
    node: "usr/bin/jamesc",
    notices: [noticeIn(script.text.toString())],
  };
}

function overrides(name: string, node: string): string {
  return `# Node is taken as its project builds it, with the libraries that it was tested with, and is checked by its digest.
${name}: embedded-library *${node}*
${name}: unstripped-binary-or-object *${node}*
`;
}

function readText(path: string): string {
  return readFileSync(join(REPOSITORY, path), "utf8");
}
