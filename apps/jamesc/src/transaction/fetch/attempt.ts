import { JamesError } from "@jamesd/model";
import type { Context } from "../context.ts";

/** Does what only saves bytes: what is wrong with it is logged as that of an event. @throws the signal's reason */
export async function attempt(
  event: string,
  { options }: Context,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    signal.throwIfAborted();
    options.log({ event, error: JamesError.from(thrown).toBody() });
  }
}
