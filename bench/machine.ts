import { cpus, release } from "node:os";

/** The machine in a line. */
export function describeMachine(): string {
  const all = cpus();
  return `${all[0]?.model.trim() ?? "unknown processor"}, ${all.length} cores, Linux ${release()}, Node ${process.version}`;
}
