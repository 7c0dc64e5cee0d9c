import type { Flag, Flags } from "../flags.ts";
import { kindOf, namedFlags, type ProgramText, positionals, programFlags } from "./program-text.ts";

/** A script by which zsh completes a program's commands, flags and what they take. */
export function zshCompletion(program: ProgramText): string {
  const { name, version, commands } = program;
  const own = argumentLines(programFlags(program));
  const described = commands.flatMap(({ name, aliases, summary }) =>
    [name, ...aliases].map((word) => quoted(`${escaped(word)}:${summary}`)),
  );
  return `#compdef ${name}
# Completion of ${name} for zsh, as of version ${version}. It is read by: source FILE, or from a folder of fpath as _${name}
_${name}() {
  local curcontext=$curcontext state line ret=1
  typeset -A opt_args
  _arguments -C -s \\
${own.map((line) => `    ${line} \\`).join("\n")}
    '1: :->command' '*:: :->arguments' && ret=0
  case $state in
    command)
      local -a commands=(
${described.map((line) => `        ${line}`).join("\n")}
      )
      _describe -t commands command commands && ret=0 ;;
    arguments)
      case $words[1] in
${commands.map((command) => commandCase(command.name, command.aliases, [...argumentLines(command.flags), ...own])).join("\n")}
      esac ;;
  esac
  return ret
}
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; elif (( $+functions[compdef] )); then compdef _${name} ${name}; fi
`;
}

function commandCase(name: string, aliases: readonly string[], lines: readonly string[]): string {
  const head = `        ${[name, ...aliases].join("|")}) _arguments -s`;
  return `${[head, ...lines.map((line) => `          ${line}`)].join(" \\\n")} && ret=0 ;;`;
}

function argumentLines(flags: Flags): readonly string[] {
  return [
    ...namedFlags(flags).flatMap(({ forms, flag }) => forms.map((form) => flagLine(form, forms, flag))),
    ...positionals(flags).map((flag, i) => quoted(`${i + 1}:${valueText(flag)}`)),
  ];
}

function flagLine(form: string, forms: readonly string[], flag: Flag): string {
  const excluded = flag.repeatable ? "*" : `(${forms.join(" ")})`;
  const help = escaped(flag.help).replaceAll("[", "\\[").replaceAll("]", "\\]");
  const equals = kindOf(flag) !== "none" && form.startsWith("--") ? "=" : "";
  return quoted(
    `${excluded}${form}${equals}[${help}]${kindOf(flag) === "none" ? "" : `:${valueText(flag)}`}`,
  );
}

function valueText(flag: Flag): string {
  const known = (flag.words ?? []).join(" ");
  const what = escaped(flag.value ?? "");
  switch (kindOf(flag)) {
    case "words":
      return `${what}:(${known})`;
    case "list":
      return `${what}:_values -s , ${what} ${known}`;
    case "file":
      return `${what}:_files`;
    case "folder":
      return `${what}:_files -/`;
    default:
      return `${what}: `;
  }
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll(":", "\\:");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
