import type { Digest } from "./digest.ts";
import type { DocumentContent } from "./document.ts";
import { type Policy, samePolicy } from "./policy.ts";
import { sameRollout } from "./rollout/same-rollout.ts";
import type { GivenRollout } from "./rollout/settings.ts";
import type { App, InstalledApp } from "./state.ts";
import { sameTags, type Tag } from "./tag.ts";

/** An app that differs: its tags before and after; null where it is not listed. */
export interface AppDifference {
  readonly name: string;
  readonly before: readonly Tag[] | null;
  readonly after: readonly Tag[] | null;
}

/** An app of which a device has another packet than it should have; null where it is not listed, or not known. */
export interface PacketDifference extends AppDifference {
  readonly packets: { readonly before: Digest | null; readonly after: Digest | null };
}

/** What is different in what a document says; what is the same is left out. */
export interface ContentDifference {
  readonly apps: readonly AppDifference[];
  readonly selector?: { readonly before: readonly Tag[] | null; readonly after: readonly Tag[] | null };
  readonly policy?: { readonly before: Policy; readonly after: Policy };
  readonly rollout?: {
    readonly before: GivenRollout | undefined;
    readonly after: GivenRollout | undefined;
  };
}

const NOTHING = { apps: [], selector: null, policy: {}, rollout: undefined } as const;

/** What changed between two versions of a document, null where there was none. */
export function diffContents(
  before: DocumentContent | null,
  after: DocumentContent | null,
): ContentDifference {
  const [a, b] = [before ?? NOTHING, after ?? NOTHING];
  return {
    apps: diffApps(a.apps, b.apps),
    ...(!sameTags(a.selector ?? [], b.selector ?? []) && {
      selector: { before: a.selector, after: b.selector },
    }),
    ...(!samePolicy(a.policy, b.policy) && { policy: { before: a.policy, after: b.policy } }),
    ...(!sameRollout(a.rollout, b.rollout) && { rollout: { before: a.rollout, after: b.rollout } }),
  };
}

/** The apps that differ, by name. */
export function diffApps(before: readonly App[], after: readonly App[]): readonly AppDifference[] {
  const [old, now] = [byName(before), byName(after)];
  return namesOf(old, now).flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was && is && sameTags(was.tags, is.tags)) return [];
    return [{ name, before: was?.tags ?? null, after: is?.tags ?? null }];
  });
}

/** The apps that a device does not have as it should, by name: with other tags, or by another packet for the same ones. */
export function diffPackets(
  has: readonly InstalledApp[],
  wanted: readonly (App & { readonly digest: Digest | null })[],
): readonly PacketDifference[] {
  const [old, now] = [byName(has), byName(wanted)];
  return namesOf(old, now).flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    // When it is not known which packet it should be, the tags have to do.
    if (was && is && sameTags(was.tags, is.tags) && was.digest === (is.digest ?? was.digest)) return [];
    const packets = { before: was?.digest ?? null, after: is?.digest ?? null };
    return [{ name, before: was?.tags ?? null, after: is?.tags ?? null, packets }];
  });
}

function byName<A extends App>(apps: readonly A[]): ReadonlyMap<string, A> {
  return new Map(apps.map((app) => [app.name, app]));
}

function namesOf(...lists: readonly ReadonlyMap<string, App>[]): readonly string[] {
  return [...new Set(lists.flatMap((list) => [...list.keys()]))].sort();
}
