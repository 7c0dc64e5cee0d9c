import type { Output } from "@jamesd/config";
import { addFlags, addOptions, readCommandFlags, readOptions, runCommand } from "@jamesd/config/commander";
import { JamesError } from "@jamesd/model";
import type { CertificateKind } from "@jamesd/pki";
import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { makeBrowserFiles } from "./browser-files.ts";
import { ENV_PREFIX, ORDERS, type Orders, SETTINGS, settingsSources } from "./config.ts";
import { create, type Task } from "./create.ts";
import { SUMMARY } from "./program.ts";
import { signAll } from "./sign-requests.ts";

/** Runs pkitool with the arguments after the program's name. @returns the exit code */
export function run(argv: readonly string[], output: Output, env: NodeJS.ProcessEnv): Promise<number> {
  const command = makeCommand();
  command.action(async () => {
    const { dir, days } = await readOptions(command, SETTINGS, settingsSources(env));
    const orders = readCommandFlags(command, ORDERS);
    const task = { dir, ...ordered(orders, days) };
    const { signRequests, p12, p12Legacy } = orders;
    const isToCreate = task.init || task.initDeviceCa || task.requests.length > 0;
    if (!isToCreate && signRequests === undefined && p12.length === 0) {
      output.err(command.helpInformation());
      throw new JamesError("USAGE", "nothing to do", {
        hint: "Start with --init, then --add-server and --add-client.",
      });
    }
    const now = Date.now();
    const lines = [
      ...(isToCreate ? await create(task, now) : []),
      ...(signRequests === undefined ? [] : await signAll({ dir, requests: signRequests, days }, now)),
      ...(p12.length === 0 ? [] : makeBrowserFiles(dir, p12, p12Legacy)),
    ];
    for (const line of lines) output.out(`${line}\n`);
  });
  return runCommand(command, argv, output);
}

function makeCommand(): Command {
  const command = new Command("pkitool")
    .description(SUMMARY)
    .version(manifest.version)
    .allowExcessArguments(false)
    .addHelpText("after", "\nThe flags that add may be given more than once. Nothing is ever overwritten.");
  return addOptions(addFlags(command, ORDERS), SETTINGS, ENV_PREFIX);
}

function ordered(orders: Orders, days: number): Omit<Task, "dir"> {
  const added: readonly [CertificateKind, readonly string[]][] = [
    ["server", orders.addServer],
    ["device", orders.addClient],
    ["operator", orders.addOperator],
    ["viewer", orders.addViewer],
  ];
  if (orders.san !== undefined && orders.addServer.length === 0)
    throw new JamesError("USAGE", "--san is for a server's certificate", { hint: "Give --add-server too." });
  if (orders.scope && orders.addOperator.length === 0)
    throw new JamesError("USAGE", "--scope is for an operator's certificate", {
      hint: "Give --add-operator too.",
    });
  if (orders.p12Legacy && orders.p12.length === 0)
    throw new JamesError("USAGE", "--p12-legacy is for --p12", { hint: "Give --p12 NAME too." });
  const { scope } = orders;
  const san = orders.san?.split(",").map((name) => name.trim());
  const requests = added.flatMap(([kind, names]) =>
    names.map((name) => ({ kind, name, san, days, ...(kind === "operator" && { scope }) })),
  );
  const { init, initDeviceCa } = orders;
  return { init, initDeviceCa, requests };
}
