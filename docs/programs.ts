import type { ProgramText } from "@jamesd/config/shell";
import { describeProgram } from "../apps/jamesc/src/program.ts";
import { PROGRAM as SERVER } from "../apps/jamesd/src/program.ts";
import { COMMANDS } from "../apps/jamesd-ctl/src/commands/index.ts";
import { programText } from "../apps/jamesd-ctl/src/program.ts";
import { PROGRAM as PKITOOL } from "../apps/pkitool/src/program.ts";

/** The four programs, as completions and manual pages tell of them. */
export async function allPrograms(): Promise<readonly ProgramText[]> {
  return [SERVER, await describeProgram(), programText(COMMANDS), PKITOOL];
}
