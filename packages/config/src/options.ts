import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { JamesError } from "@jamesd/model";
import { type FileSettings, type KnownSettings, readSettings } from "./file.ts";
import type { Option, PresetOption } from "./option.ts";

/** A program's settings by their names in code: `installRoot` is `--install-root`. */
export type Options = { readonly [name: string]: Option<unknown> };

/** The values of `Options`: an option without a default may be missing. */
export type Values<O extends Options> = {
  readonly [N in keyof O]: O[N] extends PresetOption<infer T>
    ? T
    : O[N] extends Option<infer T>
      ? T | undefined
      : never;
};

/** What flags say, by the options' names in code: a text, or true. */
export type GivenValues = Readonly<Record<string, unknown>>;

/** Where settings come from besides the flags. */
export interface Sources {
  /** Environment variables are this and the flag's name: `JAMESC_` and `--install-root` give JAMESC_INSTALL_ROOT. */
  readonly envPrefix: string;
  /** Read when there; the first that exists counts. `--config FILE` names another, which must exist. */
  readonly files: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Where a person's settings of a program are looked for: their own first, then the machine's. */
export function personalFiles(name: string, env: NodeJS.ProcessEnv): readonly string[] {
  const home = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config");
  return [home, "/etc"].map((folder) => join(folder, "jamesd", `${name}.yaml`));
}

/**
 * The value of every option: from its flag, else its variable, else the configuration file, else systemd's
 * credentials, else what is usual on the system, else its default. `flags` has them by their names in code, and `config`.
 * @throws JamesError USAGE, CONFIG_INVALID or FILE_UNREADABLE, naming where the bad value came from
 */
export function readValues<O extends Options>(
  flags: GivenValues,
  options: O,
  { envPrefix, env }: Sources,
  fileSettings: FileSettings,
): Values<O> {
  const values = Object.entries(options).map(([name, option]) => {
    const flag = flagName(name);
    const variable = envName(name, envPrefix);
    const given = flags[name];
    if (given === true) return [name, true];
    if (typeof given === "string") return [name, parseFrom(`--${flag}`, option, given)];
    const fromEnv = env[variable];
    if (fromEnv !== undefined) return [name, parseFrom(variable, option, fromEnv)];
    const fromFile = fileSettings.get(flag);
    if (fromFile !== undefined)
      return [name, parseFrom(`${flag} in the configuration file`, option, fromFile)];
    return [name, credentialOf(option, env) ?? option.usual?.(env) ?? option.default];
  });
  return Object.fromEntries(values) as Values<O>;
}

/** `installRoot` as the flag has it: `install-root`. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `installRoot` as an environment variable: `JAMESC_INSTALL_ROOT`. */
export function envName(name: string, prefix: string): string {
  return prefix + flagName(name).toUpperCase().replaceAll("-", "_");
}

/** What the help says of a setting: with its default and its variable. */
export function optionHelp(name: string, option: Option<unknown>, envPrefix: string): string {
  const notes = [
    option.defaultText ? `default ${option.defaultText}` : undefined,
    envName(name, envPrefix),
  ].filter((note) => note !== undefined);
  return `${option.help} (${notes.join("; ")})`;
}

function credentialOf({ credential }: Option<unknown>, env: NodeJS.ProcessEnv): string | undefined {
  if (credential === undefined || !env.CREDENTIALS_DIRECTORY) return undefined;
  const path = join(env.CREDENTIALS_DIRECTORY, credential);
  return existsSync(path) ? path : undefined;
}

/** What the help says of a flag: with its default. */
export function flagHelp({ help, defaultText }: Option<unknown>): string {
  return defaultText === undefined ? help : `${help} (default ${defaultText})`;
}

/** Which configuration files are read: the first that says something counts. */
export function settingsFiles(
  flags: GivenValues,
  { files, env, envPrefix }: Sources,
): { readonly paths: readonly string[]; readonly isNamed: boolean } {
  const named = flags.config ?? env[`${envPrefix}CONFIG`];
  return typeof named === "string" ? { paths: [named], isNamed: true } : { paths: files, isNamed: false };
}

/** What a configuration file may set. */
export function knownSettings(options: Options): KnownSettings {
  const names = Object.keys(options);
  return {
    names: names.map(flagName),
    maps: names.filter((name) => options[name]?.isMap).map(flagName),
  };
}

/** The same as `readValues` with the file's settings, which brings no YAML into memory where the file is plain. @throws JamesError as `readValues` */
export async function readValuesLean<O extends Options>(
  flags: GivenValues,
  options: O,
  sources: Sources,
): Promise<Values<O>> {
  const { paths, isNamed } = settingsFiles(flags, sources);
  const known = knownSettings(options);
  for (const path of paths) {
    const settings = await readSettings(path, known, isNamed);
    if (settings.size > 0) return readValues(flags, options, sources, settings);
  }
  return readValues(flags, options, sources, new Map());
}

function parseFrom(where: string, option: Option<unknown>, given: string): unknown {
  try {
    return option.parse(given);
  } catch (cause) {
    const error = JamesError.from(cause, "USAGE");
    throw new JamesError(error.code, `${where}: ${error.message}`, { hint: error.hint, cause });
  }
}
