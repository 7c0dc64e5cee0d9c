import type { Flags } from "../flags.ts";
import {
  type CommandText,
  kindOf,
  namedFlags,
  type ProgramText,
  positionals,
  programFlags,
} from "./program-text.ts";

/** A script by which bash completes a program's commands, flags and what they take. */
export function bashCompletion(program: ProgramText): string {
  const { name, version, commands } = program;
  const own = programFlags(program);
  return `# Completion of ${name} for bash, as of version ${version}. It is read by: source FILE
_${identifier(name)}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= word i IFS=$' \\t\\n'
  COMPREPLY=()
  # bash takes --flag=value apart.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${pattern(valuedForms(program))})
        ((i++)); [[ \${COMP_WORDS[i]} == = ]] && ((i++))
        [[ $word == --cmd ]] || continue
        word=\${COMP_WORDS[i]} ;;
      -* | =) continue ;;
    esac
    case $word in
${commands.map(({ name, aliases }) => `      ${pattern([name, ...aliases])}) command=${name}; break ;;`).join("\n")}
    esac
  done
  case $command:$prev in
${commands.flatMap(({ name, flags }) => valueCases(name, flags)).join("\n")}
${valueCases("*", own).join("\n")}
  esac
  if [[ $cur == -* ]]; then
    word='${words(own)}'
    case $command in
${commands.map(({ name, flags }) => `      ${name}) word+=' ${words(flags)}' ;;`).join("\n")}
    esac
    COMPREPLY=($(compgen -W "$word" -- "$cur"))
  elif [[ -z $command ]]; then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(" ")}' -- "$cur"))
  else
    case $command in
${commands.flatMap(wordCases).join("\n")}
    esac
  fi
}
complete -F _${identifier(name)} ${name}
`;
}

function identifier(name: string): string {
  return name.replaceAll("-", "_");
}

// An empty pattern is an error; no word is that of a flag without dashes.
function pattern(words: readonly string[]): string {
  return words.join(" | ") || "'-'";
}

function valuedForms(program: ProgramText): readonly string[] {
  const all = [programFlags(program), ...program.commands.map(({ flags }) => flags)];
  const forms = all.flatMap((flags) =>
    namedFlags(flags).flatMap(({ forms, flag }) => (kindOf(flag) === "none" ? [] : forms)),
  );
  return [...new Set(forms)];
}

function words(flags: Flags): string {
  return namedFlags(flags)
    .flatMap(({ forms }) => forms)
    .join(" ");
}

function valueCases(command: string, flags: Flags): readonly string[] {
  return namedFlags(flags).flatMap(({ forms, flag }) => {
    if (kindOf(flag) === "none") return [];
    return [`    ${forms.map((form) => `${command}:${form}`).join(" | ")}) ${valueAction(flag)}; return ;;`];
  });
}

function wordCases({ name, flags }: CommandText): readonly string[] {
  const [first] = positionals(flags);
  return first === undefined ? [] : [`      ${name}) ${valueAction(first)} ;;`];
}

function valueAction(flag: Flags[string]): string {
  const known = (flag.words ?? []).join(" ");
  switch (kindOf(flag)) {
    case "words":
      return `COMPREPLY=($(compgen -W '${known}' -- "$cur"))`;
    case "list":
      // Of a list the last item is completed.
      return `word=; [[ $cur == *,* ]] && word=\${cur%,*},; COMPREPLY=($(compgen -P "$word" -W '${known}' -- "\${cur##*,}"))`;
    case "file":
      return `IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null`;
    case "folder":
      return `IFS=$'\\n'; COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames 2>/dev/null`;
    default:
      return ":";
  }
}
