/**
 * What an agent can do that the first ones could not, and that a device must not be asked for without it. An agent names
 * its features when it checks in with its state. What may be passed over needs none (docs/formats.md).
 */
export const FEATURES: readonly string[] = ["file-capabilities"];
