import { appsDigest, type Digest, type InstalledApp } from "@jamesd/model";

const known = new WeakMap<readonly InstalledApp[], Digest>();

/** appsDigest of a list that is never changed, worked out once. */
export function digestOfApps(apps: readonly InstalledApp[]): Digest {
  const digest = known.get(apps) ?? appsDigest(apps);
  known.set(apps, digest);
  return digest;
}
