import { JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import type { Context, Result } from "../cli/command.ts";
import { explainFailure } from "../views/failure.ts";
import { failureOf } from "./ending.ts";
import { followDevice } from "./follow.ts";
import { deviceGoesOn } from "./interrupted.ts";
import type { Change } from "./verdict.ts";

/**
 * Follows a device until it has carried out a change or failed. The change is made, whatever becomes of it: `data` is
 * printed even when following it fails, or somebody ends that, who is told what goes on.
 */
export async function followChange(
  client: Client,
  id: string,
  change: Change,
  timeoutMs: number,
  data: object,
  { note, signal }: Context,
): Promise<Result> {
  try {
    const ending = await followDevice(client, { id, change, timeoutMs, note, signal });
    const { device, verdict } = ending;
    if (verdict.kind === "failed") for (const line of explainFailure(id, verdict.transaction)) note(line);
    return { data: { ...data, sync: device.sync }, failure: failureOf(ending) };
  } catch (thrown) {
    if (signal.aborted) {
      for (const line of deviceGoesOn(id, change)) note(line);
      return { data };
    }
    if (thrown instanceof JamesError) return { data, failure: thrown };
    throw thrown;
  }
}
