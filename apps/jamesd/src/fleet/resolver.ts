import {
  type DocumentContent,
  type DocumentVersion,
  effectiveState,
  isSelectedById,
  isSelectedByTags,
  MAX_STATE_WORDS,
  namesDevices,
  type PacketsNamed,
  resolveApps,
  type Spec,
  stateWords,
} from "@jamesd/model";
import type { Standing } from "../device/device-record.ts";
import { digestOfApps } from "../device/digest-of-apps.ts";
import type { Documents } from "./documents.ts";
import type { PathChecks } from "./path-checks.ts";
import type { TagSet } from "./tag-sets.ts";
import type { Target, Wanted } from "./target.ts";
import type { NamedTouches } from "./touched.ts";

/** What a document of a device said from a revision on; null when that removed it. */
export type OwnVersion = Pick<DocumentVersion, "revision" | "content">;

/** What a resolver has to know of a device. */
export interface Resolvable {
  readonly id: string;
  readonly tagSet: TagSet;
  readonly standing: Pick<Standing, "isManaged" | "wish">;
  /** What it should have of its own, as of the newest revision that said something of that; undefined: none ever did. */
  readonly own: OwnVersion | undefined;
}

/** What holds for all devices with the same tags. */
interface Group {
  /** Those that choose them by their tags. */
  readonly specs: readonly Spec[];
  /** Some of these choose by ids as well. */
  readonly namesDevices: boolean;
  /** The newest revision that changed a spec about all of them. */
  readonly revision: number;
  readonly named: NamedTouches;
  /** Of the devices without a desired state of their own, by the specs that choose them; those that were asked for. */
  readonly targets: Map<string, Target>;
  /** Of those that have one, by what it says, and by the specs; undefined until one was asked for. */
  owned: WeakMap<DocumentContent, Map<string, Target>> | undefined;
}

/** Finds what devices should have, by these specs and the packets of the moment: a change of packets needs a new one. */
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
  target(device: Resolvable): Target | undefined {
    const target = this.alike(device);
    return target && atRevision(target, this.#revision(device), ownRevision(device));
  }

  /** The same, but for its numbers: one object for all devices that should have the same, as far as that is known. */
  alike({ id, tagSet, standing, own }: Resolvable): Target | undefined {
    const group = this.#group(tagSet);
    const specs = specsOf(group, id);
    const content = own?.content ?? undefined;
    if (!content && specs.length === 0 && !standing.isManaged) return undefined;
    return this.#shared(group, specs, content, tagSet);
  }

  #revision({ id, tagSet, standing, own }: Resolvable): number {
    const group = this.#group(tagSet);
    return Math.max(group.revision, group.named(id), own?.revision ?? 0, standing.wish);
  }

  /** The target of all devices of a group that these specs choose, and that have just this of their own. */
  #shared(
    group: Group,
    specs: readonly Spec[],
    content: DocumentContent | undefined,
    tagSet: TagSet,
  ): Target {
    const targets = content ? ownedBy(group, content) : group.targets;
    // Where no spec names devices there is one. No id of a spec holds a comma.
    const key = group.namesDevices ? specs.map(({ id }) => id).join() : "";
    const known = targets.get(key);
    if (known) return known;
    const wanted = { ...effectiveState(specs, content), revision: group.revision, ownRevision: 0 };
    const target = this.#resolve(wanted, tagSet);
    targets.set(key, target);
    return target;
  }

  #group(tagSet: TagSet): Group {
    const known = this.#groups.get(tagSet);
    if (known) return known;
    const specs = this.#specs.filter(({ selector }) => isSelectedByTags(selector, tagSet.set));
    const group: Group = {
      specs,
      namesDevices: specs.some(({ selector }) => namesDevices(selector)),
      revision: this.documents.touched.tags(tagSet.set),
      named: this.documents.touched.named(tagSet.set),
      targets: new Map(),
      owned: undefined,
    };
    this.#groups.set(tagSet, group);
    return group;
  }

  #resolve(wanted: Wanted, { tags }: TagSet): Target {
    const wishes = wanted.conflict ? [] : wanted.apps;
    const { apps, unfulfilled, demanding } = resolveApps(wishes, tags, this.#packetsNamed);
    const digest = digestOfApps(apps);
    const isTooLarge = stateWords(tags, apps) > MAX_STATE_WORDS;
    const paths = this.#paths.verdict(apps, digest);
    return { wanted, apps, digest, unfulfilled, demanding, isTooLarge, paths };
  }
}

/** The specs that choose a device of a group. */
function specsOf({ specs, namesDevices: isByIds }: Group, id: string): readonly Spec[] {
  return isByIds ? specs.filter(({ selector }) => isSelectedById(selector, id)) : specs;
}

function ownedBy(group: Group, content: DocumentContent): Map<string, Target> {
  group.owned ??= new WeakMap();
  const targets = group.owned.get(content) ?? new Map<string, Target>();
  group.owned.set(content, targets);
  return targets;
}

function ownRevision({ own }: Resolvable): number {
  return own?.content ? own.revision : 0;
}

/** The same target, of a device that more revisions changed something about. */
function atRevision(target: Target, revision: number, ownRevision: number): Target {
  const { wanted } = target;
  if (revision <= wanted.revision && ownRevision === wanted.ownRevision) return target;
  return { ...target, wanted: { ...wanted, revision: Math.max(revision, wanted.revision), ownRevision } };
}
