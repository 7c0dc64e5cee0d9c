import type { Values } from "@jamesd/config";
import type { OPTIONS } from "./config.ts";

/**
 * Joins the fleet where the settings say so and this device has not. @param isOnce it is tried once, and not until it is done
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
  const { join } = await import("./joining/join.ts");
  return join(values, configFile, env, isOnce);
}
