import { totalmem } from "node:os";

/** How much memory this process may have, in bytes: of the machine, or less where its control group says so. */
export function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
