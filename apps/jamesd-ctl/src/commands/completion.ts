import { parsed, positional } from "@jamesd/config";
import { bashCompletion, fishCompletion, zshCompletion } from "@jamesd/config/shell";
import { JamesError } from "@jamesd/model";
import { type Command, defineCommand } from "../cli/command.ts";
import { programText } from "../program.ts";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };
const NAMES = Object.keys(SHELLS) as readonly (keyof typeof SHELLS)[];

/** Prints what a shell completes command lines by, of all commands. */
export const makeCompletion = (commands: () => readonly Command[]) =>
  defineCommand({
    name: "completion",
    aliases: [],
    summary: "print a script by which a shell completes command lines: source <(jamesd-ctl completion bash)",
    options: {
      shell: positional(
        parsed({ value: NAMES.join("|"), help: "the shell", words: NAMES, parse: parseShell }),
      ),
    },
    defaultFormat: "table",
    async handler({ shell }) {
      return { plain: SHELLS[shell](programText(commands())) };
    },
  });

function parseShell(given: string): keyof typeof SHELLS {
  const found = NAMES.find((name) => name === given);
  if (found !== undefined) return found;
  throw new JamesError("USAGE", `there is no completion for ${JSON.stringify(given)}`, {
    hint: `Say ${NAMES.join(", ")}.`,
  });
}
