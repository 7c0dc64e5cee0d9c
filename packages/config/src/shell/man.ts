import type { Flags } from "../flags.ts";
import { flagItems, type HelpItem, settingItems } from "../help-text.ts";
import { envName } from "../options.ts";
import { EXIT_CODES } from "../report.ts";
import { type CommandText, type ProgramText, positionals } from "./program-text.ts";

/** The manual page of a program, for man(1). */
export function manPage(program: ProgramText): string {
  const { name, version, summary, settings, envPrefix, flags, commands, section } = program;
  return [
    `.TH ${name.toUpperCase()} ${section} "" "${name} ${version}" "jamesd"`,
    ...heading("NAME"),
    `${text(name)} \\- ${text(summary)}`,
    ...heading("SYNOPSIS"),
    `.B ${text(name)}`,
    `[options]${commands.length === 0 ? "" : " [command] [options]"}`,
    ...heading("OPTIONS"),
    ...items([...flagItems(flags), ...settingItems(settings, envPrefix)]),
    ...(commands.length === 0 ? [] : heading("COMMANDS")),
    ...commands.flatMap(commandPart),
    ...heading("ENVIRONMENT"),
    text(`Each option has a variable, which counts where the option is not given: ${variables(program)}.`),
    ...heading("FILES"),
    text(`Settings that are given neither way are looked for in ${program.files.join(", then in ")}.`),
    ...heading("EXIT STATUS"),
    ...items(exitItems()),
    ...heading("SEE ALSO"),
    text(others(name)),
    "",
  ].join("\n");
}

function heading(title: string): readonly string[] {
  return [`.SH ${title}`];
}

function commandPart({ name, aliases, summary, flags }: CommandText): readonly string[] {
  const words = positionals(flags).map(({ value }) => value ?? "");
  const also = aliases.length === 0 ? "" : ` (also ${aliases.join(", ")})`;
  return [
    `.SS ${[name, ...words].map(text).join(" ")}`,
    text(`${summary}${also}`),
    ...items(flagItems(withoutWords(flags))),
  ];
}

function withoutWords(flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).filter(([, { positional }]) => !positional));
}

function items(list: readonly HelpItem[]): readonly string[] {
  return list.flatMap(([name, help]) => [".TP", `.B ${text(name)}`, text(help)]);
}

function variables({ settings, envPrefix }: ProgramText): string {
  return [...Object.keys(settings).map((name) => envName(name, envPrefix)), `${envPrefix}CONFIG`].join(", ");
}

function exitItems(): readonly HelpItem[] {
  const codes = [...new Set(Object.values(EXIT_CODES))].sort();
  const classes = (code: number) =>
    Object.entries(EXIT_CODES).flatMap(([name, exit]) => (exit === code ? [name] : []));
  return [
    ["0", "success"],
    ...codes.map((code): HelpItem => [String(code), `errors: ${classes(code).join(", ")}`]),
  ];
}

const PAGES = ["jamesd(8)", "jamesc(8)", "jamesd-ctl(1)", "pkitool(1)"];

function others(name: string): string {
  return PAGES.filter((page) => !page.startsWith(`${name}(`)).join(", ");
}

/** A text that roff reads as it is: a line begins no request, and a dash is a dash. */
function text(words: string): string {
  const plain = words.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return /^[.']/.test(plain) ? `\\&${plain}` : plain;
}
