import { readFileSync } from "node:fs";
import { timed } from "../install/command.ts";

/** What a command took. */
export interface Usage {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** Runs a command that must succeed, under time(1); the file is for what time says. */
export async function usageOf(command: readonly string[], file: string): Promise<Usage> {
  const seconds = await timed("/usr/bin/time", "-f", "%U %S %M", "-o", file, ...command);
  const [user = 0, system = 0, peakKb = 0] = readFileSync(file, "utf8").trim().split(" ").map(Number);
  return { seconds, cpuSeconds: user + system, peakMb: peakKb / 1024 };
}
