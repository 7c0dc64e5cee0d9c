import { type Digest, digestOf } from "./digest.ts";
import { JamesError } from "./error.ts";
import { parseName, parseTags, sortedTags, type Tag } from "./tag.ts";

/** A wish in a desired state, or what is installed, in the seed's form. */
export interface App {
  readonly name: string;
  readonly tags: readonly Tag[];
}

/** An app on a device: the wish it answers, and the packet that was installed for it. */
export interface InstalledApp extends App {
  readonly digest: Digest;
}

/** What a device reports of itself. */
export interface DeviceState {
  readonly systemtags: readonly Tag[];
  readonly apps: readonly InstalledApp[];
}

/** A state has at most so many words, for each costs the server time: as many apps as a document may list, each with a tag. */
export const MAX_STATE_WORDS = 20_000;

/** How many words a state has: its system tags, and its apps with their tags. */
export function stateWords(systemtags: readonly Tag[], apps: readonly App[]): number {
  return apps.reduce((sum, { tags }) => sum + 1 + tags.length, systemtags.length);
}

/** Checks the apps of a state: names, tags, each name once. @throws JamesError NAME_INVALID, TAG_INVALID, APP_DUPLICATE */
export function parseApps<T extends App>(apps: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return apps.map((app) => {
    const name = parseName(app.name);
    if (seen.has(name))
      throw new JamesError("APP_DUPLICATE", `the app ${JSON.stringify(name)} is listed twice`, {
        hint: "List each app once, with all its tags.",
      });
    seen.add(name);
    return { ...app, name, tags: parseTags(app.tags) };
  });
}

/** Names a device state in 64 digits, whatever the order of its apps and tags, so that an unchanged one need not be sent. */
export function stateDigest(state: DeviceState): Digest {
  return digestOf("jamesd-state-v1", {
    systemtags: sortedTags(state.systemtags),
    apps: canonicalApps(state.apps),
  });
}

/** Names a set of apps with their packets; a device and its target agree when these are equal. */
export function appsDigest(apps: readonly InstalledApp[]): Digest {
  return digestOf("jamesd-apps-v1", canonicalApps(apps));
}

function canonicalApps(apps: readonly InstalledApp[]): readonly InstalledApp[] {
  return apps
    .map(({ name, tags, digest }) => ({ name, tags: sortedTags(tags), digest }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * How the ids of stuck transactions begin that stand for no transaction: the device cannot tell what it has, or whether
 * something is under way. Such a report is over when the device tells its state without it.
 */
export const UNUSABLE = "unusable-";
