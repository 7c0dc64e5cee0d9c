const isTerminal = process.stdout.isTTY === true && !process.env.NO_COLOR;

function coloured(code: number, text: string): string {
  return isTerminal ? `\u001b[${code}m${text}\u001b[0m` : text;
}

/** A headline of the demo. */
export function headline(text: string): void {
  console.log(`\n${coloured(1, text)}`);
}

/** A command, as a person would type it. */
export function typed(command: string): void {
  console.log(coloured(36, `$ ${command}`));
}

/** What a command wrote, set in a little. */
export function wrote(text: string): void {
  const trimmed = text.trimEnd();
  if (trimmed !== "") console.log(trimmed.replace(/^/gm, "  "));
}
