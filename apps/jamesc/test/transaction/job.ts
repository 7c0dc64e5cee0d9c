import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PlanMessage } from "@jamesd/protocol/device";
import { bundledScript } from "@jamesd/testkit";
import type { Bench, Shelf } from "./fixture.ts";

/** The program that carries out the job of a bench's folder; with `recover` as a second argument it only starts. */
export const CHILD = await bundledScript(join(import.meta.dirname, "crash-child.ts"));

/** Writes what CHILD is to do: the plan, with everything that it needs. `own` is where its own program is below the root. */
export function writeJob(bench: Bench, shelf: Shelf, plan: PlanMessage, own?: string): void {
  const blobs = [...shelf.blobs].map(([digest, content]) => [digest, content.toString("base64")]);
  const job = { plan, packets: [...shelf.packets.values()], blobs, own };
  writeFileSync(`${bench.dir}/job.json`, JSON.stringify(job));
}
