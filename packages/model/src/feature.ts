import type { Manifest } from "./manifest.ts";

/**
 * What an agent can do that the first ones could not, and that a device must not be asked for without it. An agent names
 * its features when it checks in with its state. What may be passed over needs none (docs/formats.md).
 */
export const FEATURES: readonly string[] = ["file-capabilities"];

/** Which features an agent must have to install these entries. */
export function featuresOf(manifest: Manifest): readonly string[] {
  const isCapable = manifest.some((entry) => entry.type === "file" && entry.capability !== undefined);
  return isCapable ? ["file-capabilities"] : [];
}
