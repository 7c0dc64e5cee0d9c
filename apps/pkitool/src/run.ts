import { type Output, runCommand } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { type CertificateKind, DEFAULT_DAYS, DEFAULT_SAN } from "@jamesd/pki";
import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { create, type Task } from "./create.ts";

type Flags = { readonly init?: true; readonly dir: string; readonly san?: string; readonly days?: number } & {
  readonly [K in CertificateKind as `add${Capitalize<FlagWord<K>>}`]?: readonly string[];
};

// The seed says "client" where we say "device".
type FlagWord<K extends CertificateKind> = K extends "device" ? "client" : K;

/** Runs pkitool with the arguments after the program's name. @returns the exit code */
export function run(argv: readonly string[], output: Output): Promise<number> {
  const command = makeCommand();
  command.action(async (flags: Flags) => {
    const task = taskOf(flags);
    if (!task.init && task.requests.length === 0) {
      output.err(command.helpInformation());
      throw new JamesError("USAGE", "nothing to do", {
        hint: "Start with --init, then --add-server and --add-client.",
      });
    }
    for (const line of await create(task, Date.now())) output.out(`${line}\n`);
  });
  return runCommand(command, argv, output);
}

function makeCommand(): Command {
  return new Command("pkitool")
    .description("Makes a certificate authority and the certificates of a jamesd fleet.")
    .version(manifest.version)
    .allowExcessArguments(false)
    .option("--init", "make the authority: ca.crt and ca.key")
    .option("--add-server <NAME>", "make a certificate for a server of this host name", collect)
    .option("--add-client <NAME>", "make a certificate for a device; NAME is its id", collect)
    .option("--add-operator <NAME>", "make a certificate for a person who changes things", collect)
    .option("--add-viewer <NAME>", "make a certificate for a person who only reads", collect)
    .option("--dir <DIR>", "the folder of the keys and certificates", "pki")
    .option(
      "--san <LIST>",
      `more names and addresses of the server, with commas (default: ${DEFAULT_SAN.join(",")})`,
    )
    .option("--days <N>", `how long a certificate is good for (default: ${DEFAULT_DAYS})`, parseDays)
    .addHelpText("after", "\nThe flags that add may be given more than once. Nothing is ever overwritten.");
}

function collect(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

function parseDays(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new JamesError("USAGE", `--days: ${JSON.stringify(text)} is not a number of days`, {
    hint: "Write a whole number from 1 on, such as 365.",
  });
}

function taskOf(flags: Flags): Task {
  const added: readonly [CertificateKind, readonly string[] | undefined][] = [
    ["server", flags.addServer],
    ["device", flags.addClient],
    ["operator", flags.addOperator],
    ["viewer", flags.addViewer],
  ];
  if (flags.san !== undefined && flags.addServer === undefined)
    throw new JamesError("USAGE", "--san is for a server's certificate", { hint: "Give --add-server too." });
  const san = flags.san?.split(",").map((name) => name.trim());
  const requests = added.flatMap(([kind, names = []]) =>
    names.map((name) => ({ kind, name, san, days: flags.days })),
  );
  return { dir: flags.dir, init: flags.init ?? false, requests };
}
