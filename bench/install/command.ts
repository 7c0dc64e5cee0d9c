import { runProgram } from "@jamesd/testkit";

/** Runs a command that must succeed. @returns how many seconds it took */
export async function timed(...command: readonly string[]): Promise<number> {
  const started = performance.now();
  const { code, stdout, stderr } = await runProgram(command);
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stdout}${stderr}`.slice(0, 2000));
  return (performance.now() - started) / 1000;
}
