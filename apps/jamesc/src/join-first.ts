import type { Values } from "@jamesd/config";
import { isoTime } from "@jamesd/model";
import { checkValues, type OPTIONS } from "./config.ts";
import { chooseIdentity, type IdentityPlaces, isMissing } from "./identity/choose.ts";
import type { DeviceIdentity } from "./identity/device-identity.ts";
import type { Logger } from "./log.ts";
import { codedError } from "./transaction/disk/device-error.ts";

/**
 * Joins the fleet where the settings say so and this device has not.
 * @param configFile the named one @param isOnce it is tried once, and not until it is done
 * @returns false when it was stopped before it was done @throws JamesError
 */
export async function joinFirst(
  values: Values<typeof OPTIONS>,
  configFile: string | undefined,
  env: NodeJS.ProcessEnv,
  isOnce: boolean,
): Promise<boolean> {
  const { enroll, enrollTokenFile, enrollQueue } = values;
  if (enroll === undefined && enrollTokenFile === undefined && !enrollQueue) return true;
  // A token that was used up is not had again.
  const { places } = checkValues(values, configFile);
  const { openLog } = await import("./log.ts");
  const { logger: log, sink } = openLog(values, process.stderr.isTTY);
  // It may wait for days for somebody to let it in, while logs are rotated.
  let reopen = (): void => sink.reopen();
  process.on("SIGHUP", () => reopen());
  try {
    const there = identityThere(places, log);
    if (there) {
      const until = isoTime(there.ends);
      log.info({ device: there.deviceId, until }, "this device has joined already");
      return true;
    }
    // What joins is loaded once in the life of a device, though the settings say so at each start.
    const { join } = await import("./joining/join.ts");
    return await join(values, env, isOnce, log);
  } finally {
    // Listened to on: until the agent does, the signal would end the process.
    reopen = () => undefined;
    // The agent opens it by itself: this one would be held when it is rotated.
    sink.close();
  }
}

/** An identity that cannot be used is none: its device may join anew, when the server lets it. */
function identityThere(places: IdentityPlaces, log: Logger): DeviceIdentity | undefined {
  try {
    return chooseIdentity(places).identity;
  } catch (thrown) {
    const problem = codedError(thrown);
    if (!isMissing(problem)) log.warn(problem.toBody(), "the identity of this device cannot be used");
    return undefined;
  }
}
