import {
  connectivitySeconds,
  DRIFT_POLICIES,
  OWNERS_POLICIES,
  type Policy,
  REMOVAL_POLICIES,
  UNOWNED_POLICIES,
} from "./policy.ts";
import type { DesiredState, Spec } from "./revision.ts";
import type { App } from "./state.ts";
import { sameTags, type Tag } from "./tag.ts";
import { sameWindows, type Window, type WindowPolicy } from "./window.ts";

/** An app of an effective desired state, and the spec that asks for it; null: the device's own desired state does. */
export interface WantedApp extends App {
  readonly spec: string | null;
}

/** Two specs that want an app with different tags on the same device. */
export interface SpecConflict {
  readonly app: string;
  readonly specs: readonly [string, string];
  /** What each of them wants. */
  readonly tags: readonly [readonly Tag[], readonly Tag[]];
}

/** What a device should have, all said. */
export interface EffectiveState {
  readonly apps: readonly WantedApp[];
  /** But for windows. */
  readonly policy: Policy;
  /** When it may change: of each of these lists one window must be open; none: always. */
  readonly windows: readonly (readonly Window[])[];
  /** Ids of the specs that count for it, sorted. */
  readonly specs: readonly string[];
  /** The first contradiction, by app; then nobody knows what it should have. */
  readonly conflict: SpecConflict | undefined;
}

/**
 * The union of the specs that choose a device, and its own desired state on top: an app that this one lists is as this
 * one says. `specs` are those that choose it; in which order they are given makes no difference. The apps of specs come
 * first, by the specs' ids; then the device's own, in its order.
 */
export function effectiveState(
  specs: readonly Spec[],
  own: Pick<DesiredState, "apps" | "policy"> | undefined,
): EffectiveState {
  const sorted = [...specs].sort((a, b) => (a.id < b.id ? -1 : 1));
  const ownNames = new Set(own?.apps.map(({ name }) => name));
  const { apps, conflict } = unite(sorted, ownNames);
  const ownApps = (own?.apps ?? []).map(({ name, tags }) => ({ name, tags, spec: null }));
  return {
    apps: [...apps, ...ownApps],
    policy: { ...unitePolicies(sorted.map(({ policy }) => policy)), ...withoutWindow(own?.policy) },
    windows: uniteWindows(
      own?.policy.window ? [own.policy.window] : sorted.map(({ policy }) => policy.window),
    ),
    specs: sorted.map(({ id }) => id),
    conflict,
  };
}

function unite(
  specs: readonly Spec[],
  except: ReadonlySet<string>,
): { apps: readonly WantedApp[]; conflict: SpecConflict | undefined } {
  const wanted = new Map<string, WantedApp & { readonly spec: string }>();
  let conflict: SpecConflict | undefined;
  for (const spec of specs) {
    for (const { name, tags } of spec.apps) {
      if (except.has(name)) continue;
      const other = wanted.get(name);
      if (!other) wanted.set(name, { name, tags, spec: spec.id });
      else if (!sameTags(other.tags, tags) && (!conflict || name < conflict.app))
        conflict = { app: name, specs: [other.spec, spec.id], tags: [other.tags, tags] };
    }
  }
  return { apps: [...wanted.values()], conflict };
}

function withoutWindow({ window: _, ...policy }: Policy = {}): Policy {
  return policy;
}

/** A device changes only when all who say something about that let it. */
function uniteWindows(windows: readonly (WindowPolicy | undefined)[]): readonly (readonly Window[])[] {
  const lists = windows.filter((one) => one !== undefined && one !== "always");
  return lists.filter((one, i) => lists.findIndex((other) => sameWindows(one, other)) === i);
}

/** The most careful of all: the longest proof, the least that is done to what nobody owns, and scripts that count. */
function unitePolicies(policies: readonly Policy[]): Policy {
  const connectivity = connectivitySeconds(policies);
  const unowned = UNOWNED_POLICIES.find((one) => policies.some((policy) => policy.unowned === one));
  const owners = OWNERS_POLICIES.find((one) => policies.some((policy) => policy.owners === one));
  const drift = DRIFT_POLICIES.find((one) => policies.some((policy) => policy.drift === one));
  const removal = REMOVAL_POLICIES.find((one) => policies.some((policy) => policy.removal === one));
  return {
    ...(connectivity !== undefined && { confirm: { connectivity } }),
    ...(unowned && { unowned }),
    ...(owners && { owners }),
    ...(drift && { drift }),
    ...(removal && { removal }),
  };
}
