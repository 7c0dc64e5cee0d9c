import type { Flag, Flags } from "../flags.ts";
import { kindOf, namedFlags, type ProgramText, positionals, programFlags } from "./program-text.ts";

/** A script by which fish completes a program's commands, flags and what they take. */
export function fishCompletion(program: ProgramText): string {
  const { name, version, commands } = program;
  const complete = `complete -c ${name}`;
  const all = commands.flatMap(({ name, aliases }) => [name, ...aliases]);
  const isNone = `not __fish_seen_subcommand_from ${all.join(" ")}`;
  const lines = commands.flatMap(({ name, aliases, summary, flags }) => {
    const seen = quoted(`__fish_seen_subcommand_from ${[name, ...aliases].join(" ")}`);
    return [
      ...[name, ...aliases].map(
        (word) => `${complete} -n ${quoted(isNone)} -a ${word} -d ${quoted(summary)}`,
      ),
      ...flagArguments(flags).map((line) => `${complete} -n ${seen} ${line}`),
      ...positionals(flags)
        .slice(0, 1)
        .map((flag) => `${complete} -n ${seen} ${valueArguments(flag)}`),
    ];
  });
  const own = flagArguments(programFlags(program)).map((line) => `${complete} ${line}`);
  return `# Completion of ${name} for fish, as of version ${version}. It is read by: source FILE
${[`${complete} -f`, ...own, ...lines].join("\n")}
`;
}

function flagArguments(flags: Flags): readonly string[] {
  return namedFlags(flags).map(({ forms, flag }) => {
    const written = forms.map((form) =>
      form.startsWith("--") ? `-l ${form.slice(2)}` : `-s ${form.slice(1)}`,
    );
    const value = kindOf(flag) === "none" ? [] : [valueArguments(flag)];
    return [...written, ...value, `-d ${quoted(flag.help)}`].join(" ");
  });
}

function valueArguments(flag: Flag): string {
  const words = quoted((flag.words ?? []).join(" "));
  switch (kindOf(flag)) {
    case "words":
      return `-x -a ${words}`;
    case "list":
      return `-x -a ${quoted(`(__fish_append , ${(flag.words ?? []).join(" ")})`)}`;
    case "file":
      return "-r -F";
    case "folder":
      return `-x -a ${quoted("(__fish_complete_directories)")}`;
    default:
      return "-x";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
