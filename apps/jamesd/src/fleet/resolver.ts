import {
  appsDigest,
  effectiveState,
  isSelected,
  MAX_STATE_WORDS,
  type PacketsNamed,
  resolveApps,
  type Spec,
  stateWords,
} from "@jamesd/model";
import type { Standing } from "../device/device-record.ts";
import type { Documents } from "./documents.ts";
import type { PathChecks } from "./path-checks.ts";
import type { TagSet } from "./tag-sets.ts";
import type { Target, Wanted } from "./target.ts";

/** What a resolver has to know of a device. */
export interface Resolvable {
  readonly id: string;
  readonly tagSet: TagSet;
  readonly standing: Pick<Standing, "isManaged" | "wish">;
}

/** What holds for all devices with the same tags. */
interface Group {
  readonly specs: readonly Spec[];
  /** The newest revision that changed a spec about them. */
  readonly revision: number;
  /** Of the devices without a desired state of their own; undefined until one was asked for. */
  target: Target | undefined;
}

/** Finds what devices should have, by these documents and the packets of the moment: a change of packets needs a new one. */
export class Resolver {
  readonly documents: Documents;
  readonly #specs: readonly Spec[];
  readonly #packetsNamed: PacketsNamed;
  readonly #paths: PathChecks;
  // Weak: a list of tags that no device has any more is forgotten.
  readonly #groups = new WeakMap<TagSet, Group>();

  constructor(documents: Documents, packetsNamed: PacketsNamed, paths: PathChecks) {
    this.documents = documents;
    this.#specs = documents.specs();
    this.#packetsNamed = packetsNamed;
    this.#paths = paths;
  }

  /** Undefined for a device that nobody wants anything for, and that never had what somebody wanted. */
  target({ id, tagSet, standing }: Resolvable): Target | undefined {
    const group = this.#group(tagSet);
    const own = this.documents.own(id);
    const revision = Math.max(group.revision, this.documents.touched.device(id), standing.wish);
    if (own) {
      const wanted = { ...effectiveState(group.specs, own), revision, ownRevision: own.revision };
      return this.#resolve(wanted, tagSet);
    }
    if (group.specs.length === 0 && !standing.isManaged) return undefined;
    group.target ??= this.#resolve(
      { ...effectiveState(group.specs, undefined), revision: group.revision, ownRevision: 0 },
      tagSet,
    );
    return atRevision(group.target, revision);
  }

  #group(tagSet: TagSet): Group {
    const known = this.#groups.get(tagSet);
    if (known) return known;
    const specs = this.#specs.filter(({ selector }) => isSelected(selector, tagSet.set));
    const revision = this.documents.touched.tags(tagSet.set);
    const group: Group = { specs, revision, target: undefined };
    this.#groups.set(tagSet, group);
    return group;
  }

  #resolve(wanted: Wanted, { tags }: TagSet): Target {
    const wishes = wanted.conflict ? [] : wanted.apps;
    const { apps, unfulfilled, demanding } = resolveApps(wishes, tags, this.#packetsNamed);
    const digest = appsDigest(apps);
    const isTooLarge = stateWords(tags, apps) > MAX_STATE_WORDS;
    const paths = this.#paths.verdict(apps, digest);
    return { wanted, apps, digest, unfulfilled, demanding, isTooLarge, paths };
  }
}

/** The same target, of a device that more revisions changed something about. */
function atRevision(target: Target, revision: number): Target {
  if (revision <= target.wanted.revision) return target;
  return { ...target, wanted: { ...target.wanted, revision } };
}
