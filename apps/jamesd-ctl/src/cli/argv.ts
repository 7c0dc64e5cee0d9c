import { JamesError, nearWords } from "@jamesd/model";

/** What there is to find in a command line. */
export interface Vocabulary {
  /** Names and aliases of the commands. */
  readonly commands: ReadonlySet<string>;
  /** Flags, with their dashes, that take the next word as their value. */
  readonly valued: ReadonlySet<string>;
  /** All flags, with their dashes. */
  readonly flags: ReadonlySet<string>;
}

/**
 * Puts the command first, wherever it stands and however it is said: `--name a --cmd add-packet`, `--cmd=add-packet` and
 * `--name a add-packet` all become `add-packet --name a`. @throws JamesError USAGE
 */
export function commandFirst(argv: readonly string[], vocabulary: Vocabulary): readonly string[] {
  const { named, rest } = takeNamed(argv, vocabulary.valued);
  if (named.length > 1) throw usage(`--cmd is given twice: ${named.join(" and ")}`, "Give one command.");
  const [name] = named;
  if (name !== undefined) return [name, ...rest];
  const positions = wordPositions(rest, vocabulary.valued);
  const at = positions.find((i) => vocabulary.commands.has(rest[i] ?? "")) ?? positions[0];
  if (at === undefined) return rest;
  refuseMisspelt(rest, at, vocabulary);
  return [...rest.slice(at, at + 1), ...rest.toSpliced(at, 1)];
}

/** A command's words with the flags as they are called today. @param formerly their names today by those of earlier versions */
export function withFlagsOfToday(
  argv: readonly string[],
  formerly: Readonly<Record<string, string>>,
  { valued }: Pick<Vocabulary, "valued">,
): readonly string[] {
  const words = [...argv];
  for (let i = 0; i < words.length && words[i] !== "--"; i++) {
    const word = words[i] ?? "";
    const [, name = "", rest = ""] = /^--([a-z-]+)(=.*)?$/s.exec(word) ?? [];
    if (Object.hasOwn(formerly, name)) words[i] = `--${formerly[name]}${rest}`;
    if (valued.has(word)) i++;
  }
  return words;
}

/** What stands behind a flag that there is none of is its value, and no command that there is none of. */
function refuseMisspelt(words: readonly string[], at: number, { commands, flags }: Vocabulary): void {
  const [before = "", word = ""] = at === 0 ? ["", words[0]] : words.slice(at - 1, at + 1);
  if (commands.has(word) || !/^--?[^-=][^=]*$/.test(before) || flags.has(before)) return;
  const [near] = nearWords(before, [...flags]);
  const meant = near === undefined ? "" : ` (Did you mean ${near}?)`;
  throw usage(`unknown option '${before}'${meant}`, "See jamesd-ctl --help.");
}

function takeNamed(argv: readonly string[], valued: ReadonlySet<string>) {
  const named: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (word === "--") return { named, rest: [...rest, ...argv.slice(i)] };
    if (word === "--cmd") named.push(commandWord(argv[++i]));
    else if (word.startsWith("--cmd=")) named.push(commandWord(word.slice("--cmd=".length)));
    else if (valued.has(word)) rest.push(...argv.slice(i, ++i + 1));
    else rest.push(word);
  }
  return { named, rest };
}

function commandWord(word: string | undefined): string {
  if (word !== undefined && word !== "" && !word.startsWith("-")) return word;
  throw usage("--cmd needs the name of a command", "Such as --cmd list-packets; see jamesd-ctl --help.");
}

/** Where the words stand that are neither flags nor values of flags. */
function wordPositions(argv: readonly string[], valued: ReadonlySet<string>): readonly number[] {
  const positions: number[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (word === "--") break;
    if (valued.has(word)) i++;
    else if (!word.startsWith("-")) positions.push(i);
  }
  return positions;
}

function usage(message: string, hint: string): JamesError {
  return new JamesError("USAGE", message, { hint });
}
