import { flag } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import type { Context } from "../cli/command.ts";

/** The flags of a command that changes what a device should have, by which the device begins with it at once. */
export const NOW_FLAGS = {
  now: flag({ help: "have the device begin at once, outside of its maintenance windows, too" }),
  breakLock: flag({ help: "with --now: also while an application holds the update lock" }),
};

/** What `NOW_FLAGS` say. */
interface Now {
  readonly now: boolean;
  readonly breakLock: boolean;
}

/** @throws JamesError USAGE */
export function checkNow({ now, breakLock }: Now): void {
  if (now || !breakLock) return;
  throw new JamesError("USAGE", "--break-lock goes with --now", { hint: "Give both, or neither." });
}

/**
 * Has a device begin with what it should have, as `go` does, when it is to; one that has nothing to do is left alone.
 * @returns why that failed: what it should have is changed all the same
 */
export async function beginNow(
  client: Client,
  id: string,
  { now, breakLock }: Now,
  { signal }: Context,
): Promise<JamesError | undefined> {
  if (!now) return undefined;
  try {
    await client.call("go", { params: { id }, body: { breakLock }, signal });
    return undefined;
  } catch (thrown) {
    const failure = JamesError.from(thrown);
    return failure.code === "GO_NOT_NEEDED" ? undefined : failure;
  }
}
