// Writes the parts of the documentation that come from the code. Usage: node docs/generate.ts
// A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; test/docs.test.ts fails when one is stale.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ArchiveLimits } from "@jamesd/archive/safe-path";
import { DEFAULT_LIMITS } from "@jamesd/archive/safe-path";
import { EXIT_CODES, envName, type Flag, type Flags, flagName, type Option } from "@jamesd/config";
import { canonicalJson, digestOf, type ErrorClass, makePacket } from "@jamesd/model";
import { ROUTES, type Route } from "@jamesd/protocol";
import { INSTALL_FLAGS, type Service, systemdUnit, UNINSTALL_FLAGS } from "@jamesd/service";
import { COMMANDS as AGENT_COMMANDS } from "../apps/jamesc/src/commands/index.ts";
import * as agent from "../apps/jamesc/src/config.ts";
import { SERVICE as AGENT_SERVICE } from "../apps/jamesc/src/service.ts";
import * as server from "../apps/jamesd/src/config.ts";
import { ALL_FAMILIES } from "../apps/jamesd/src/metrics/all-metrics.ts";
import { SERVICE as SERVER_SERVICE } from "../apps/jamesd/src/service.ts";
import * as ctl from "../apps/jamesd-ctl/src/cli/settings.ts";
import { COMMANDS } from "../apps/jamesd-ctl/src/commands/index.ts";
import * as pkitool from "../apps/pkitool/src/config.ts";

/** The files that have generated parts, below this folder. */
export const GENERATED_FILES = [
  "configuration.md",
  "protocol.md",
  "errors.md",
  "packets.md",
  "formats.md",
  "observability.md",
];

/** The units at the top of the repository, for those who copy them: as `install-service` writes them, wherever the program is. */
export const UNITS: Readonly<Record<string, string>> = Object.fromEntries(
  [SERVER_SERVICE, AGENT_SERVICE].map((service: Service) => [
    `${service.name}.service`,
    systemdUnit(service, [service.name]),
  ]),
);

const PART = /(<!-- generated: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** A document with each of its generated parts made anew. */
export async function refreshed(document: string): Promise<string> {
  const parts = await makeParts();
  return document.replace(PART, (_, start: string, name: string, end: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`there is no generated part ${name}`);
    return `${start}\n${part}\n\n${end}`;
  });
}

async function makeParts(): Promise<Readonly<Record<string, string>>> {
  return {
    "options-jamesd": optionTable(server.OPTIONS, server.ENV_PREFIX),
    "options-jamesc": optionTable(agent.OPTIONS, agent.ENV_PREFIX),
    "commands-jamesc": await agentCommandSections(),
    "options-jamesd-ctl": optionTable(ctl.SETTINGS, ctl.ENV_PREFIX),
    "commands-jamesd-ctl": commandSections(),
    "orders-pkitool": flagTable(pkitool.ORDERS),
    "options-pkitool": optionTable(pkitool.SETTINGS, pkitool.ENV_PREFIX),
    "install-service": flagTable(INSTALL_FLAGS),
    "uninstall-service": flagTable(UNINSTALL_FLAGS),
    routes: routeTable(),
    "exit-codes": exitCodeTable(),
    limits: limitTable(),
    "packet-example": packetExample(),
    metrics: metricTable(),
  };
}

/** A table with columns as wide as the formatter wants them. */
function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const rows = [head, ...body].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, i) => Math.max(3, ...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)));
  const rule = widths.map((width) => "-".repeat(width));
  return [lines[0] ?? [], rule, ...lines.slice(1)].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(text: string | undefined): string {
  return text === undefined || text === "" ? "" : `\`${text}\``;
}

function flagText(name: string, { value, positional }: Flag): string {
  if (positional) return code(value);
  return code(value === undefined ? `--${flagName(name)}` : `--${flagName(name)} ${value}`);
}

function optionTable(options: Readonly<Record<string, Option<unknown>>>, prefix: string): string {
  const rows = Object.entries(options).map(([name, option]) => [
    flagText(name, option),
    code(envName(name, prefix)),
    code(option.defaultText),
    option.help,
  ]);
  const config = [
    code("--config FILE"),
    code(`${prefix}CONFIG`),
    "",
    "read settings from this file, which must exist",
  ];
  return table(["flag", "variable", "default", "what"], [...rows, config]);
}

function commandSections(): string {
  return COMMANDS.map(({ name, aliases, summary, options }) => {
    const also = aliases.length === 0 ? "" : ` (also ${aliases.map(code).join(", ")})`;
    return `### ${name}\n\n${summary}${also}\n\n${flagTable(options)}`;
  }).join("\n\n");
}

async function agentCommandSections(): Promise<string> {
  const sections = Object.values(AGENT_COMMANDS).map(async ({ summary, load }) => {
    const { name, options, rest } = await load();
    const called = `### jamesc ${name}${rest === undefined ? "" : ` -- ${rest}`}`;
    const flags = Object.keys(options).length === 0 ? "" : `\n\n${flagTable(options)}`;
    return `${called}\n\n${summary}${flags}`;
  });
  return (await Promise.all(sections)).join("\n\n");
}

function flagTable(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => [
    flagText(name, flag),
    code(flag.defaultText),
    flag.required ? `${flag.help} (needed)` : flag.help,
  ]);
  return rows.length === 0 ? "No flags of its own." : table(["flag", "default", "what"], rows);
}

function routeTable(): string {
  const rows = Object.values<Route>(ROUTES).map(({ method, path, query, roles, scoped, summary }) => [
    code(`${method} ${path}`),
    (query ?? []).map(code).join(", "),
    roles.join(", ") + (scoped ? " (of a scope too)" : ""),
    summary,
  ]);
  return table(["route", "query", "roles", "what"], rows);
}

function exitCodeTable(): string {
  const classes = Object.entries(EXIT_CODES) as [ErrorClass, number][];
  return table(
    ["class", "exit code"],
    classes.map(([name, exit]) => [name, String(exit)]),
  );
}

/** What each limit is of, and how its number is written. */
const LIMITS: {
  readonly [N in keyof ArchiveLimits]: readonly [what: string, write: (n: unknown) => string];
} = {
  entries: ["entries of an archive, directories included", String],
  bytes: ["content of all files together, hard links once", (n) => `${Number(n) / 2 ** 30} GiB`],
  ratio: ["growth by decompression, once `ratio-floor` has come out", (n) => `${n} times`],
  ratioFloor: ["plain bytes below which growth is not looked at", (n) => `${Number(n) / 2 ** 20} MiB`],
  pathBytes: ["a path", (n) => `${n} bytes`],
  componentBytes: ["one component of a path", (n) => `${n} bytes`],
  depth: ["components of a path", String],
  targetBytes: ["the target of a symbolic link", (n) => `${n} bytes`],
  allowSetid: ["files that are setuid or setgid, or have capabilities", (n) => (n ? "allowed" : "refused")],
};

function limitTable(): string {
  const rows = Object.entries(LIMITS).map(([name, [what, write]]) => [
    // As --limits and --allow-setid write them.
    name === "allowSetid" ? "" : code(flagName(name)),
    what,
    write(DEFAULT_LIMITS[name as keyof ArchiveLimits]),
  ]);
  return table(["limit", "of", "at most"], rows);
}

function metricTable(): string {
  const rows = Object.entries(ALL_FAMILIES).map(([name, { type, labels, help }]) => [
    code(name),
    type,
    labels.map(code).join(", "),
    help,
  ]);
  return table(["metric", "type", "labels", "what"], rows);
}

/** A small packet with the text that its digest is taken of. */
function packetExample(): string {
  const content = "hello\n";
  const { digest, name, tags, scripts, manifest } = makePacket({
    name: "hello",
    tags: ["v1.0.0", "armv7l"],
    scripts: {},
    manifest: [
      { path: "etc", type: "directory", mode: 0o755, uid: 0, gid: 0 },
      {
        path: "etc/hello",
        type: "file",
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: content.length,
        digest: "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
      },
      { path: "etc/hi", type: "symlink", uid: 0, gid: 0, target: "hello" },
    ],
  });
  const packet = { name, tags, scripts, manifest };
  if (digestOf("jamesd-packet-v1", packet) !== digest) throw new Error("the example is not what is hashed");
  return `\`\`\`\njamesd-packet-v1\n${canonicalJson(packet)}\n\`\`\`\n\nIts digest: \`${digest}\``;
}

if (import.meta.main) {
  for (const [name, unit] of Object.entries(UNITS))
    writeFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), unit);
  for (const name of GENERATED_FILES) {
    const path = fileURLToPath(new URL(name, import.meta.url));
    writeFileSync(path, await refreshed(readFileSync(path, "utf8")));
  }
}
